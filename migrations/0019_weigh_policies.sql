-- What tasks see of all tenants' rows, in other words: `CASE` where `AND` was. It means the same, but Postgres takes an AND of
-- conditions that it knows nothing of for one that nearly no row meets, and so expected a tenant to have next to no rows: a page
-- of the orders of a large tenant read and sorted all of them. Of a CASE it expects half.
ALTER POLICY sweep ON orders USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'sweep' THEN state = 'pending' AND expires_at < now() ELSE false END);--> statement-breakpoint
ALTER POLICY sweep ON stock_reservations USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'sweep' THEN state = 'active' AND expires_at < now() ELSE false END);--> statement-breakpoint
ALTER POLICY sweep ON idempotency_keys USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'sweep' THEN expires_at < now() ELSE false END);--> statement-breakpoint
ALTER POLICY sweep ON imports USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'sweep' THEN updated_at < now() - interval '30 days' ELSE false END);--> statement-breakpoint
ALTER POLICY sweep ON audit_log USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'sweep' THEN at < now() - interval '30 days' ELSE false END);--> statement-breakpoint
ALTER POLICY sweep ON revocations USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'sweep' THEN expires_at < now() ELSE false END);--> statement-breakpoint
ALTER POLICY relay ON revocations USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'relay' THEN true ELSE false END);--> statement-breakpoint
ALTER POLICY sweep ON webhook_events USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'sweep' THEN occurred_at < now() - interval '30 days' ELSE false END);--> statement-breakpoint
ALTER POLICY delivery ON webhook_events USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'webhooks' THEN true ELSE false END);--> statement-breakpoint
ALTER POLICY delivery ON webhook_deliveries USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'webhooks' THEN true ELSE false END);--> statement-breakpoint
ALTER POLICY claim ON webhook_deliveries USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'webhooks' THEN true ELSE false END);--> statement-breakpoint
ALTER POLICY delivery ON webhooks USING (CASE (SELECT current_setting('app.task', true))
    WHEN 'webhooks' THEN true ELSE false END);
