-- As before, and a delivery goes by the id of its event, which it has in place of one of its own.
CREATE OR REPLACE FUNCTION gatehouse_audit() RETURNS trigger
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
	secret text[] := TG_ARGV || '{tenant_id,updated_at}'::text[];
	was jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) - secret END;
	became jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) - secret END;
	whole jsonb := coalesce(became, was);
	whose uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
	actor jsonb := NULLIF(current_setting('app.actor', true), '')::jsonb;
	done text := CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END;
BEGIN
	IF TG_OP = 'UPDATE' THEN
		-- A tombstone is how some tables delete.
		IF was ->> 'deleted_at' IS NULL AND became ->> 'deleted_at' IS NOT NULL THEN
			done := 'delete';
		END IF;
		SELECT jsonb_object_agg(key, value) INTO was FROM jsonb_each(was) WHERE value IS DISTINCT FROM became -> key;
		SELECT jsonb_object_agg(key, became -> key) INTO became FROM jsonb_object_keys(was) AS key;
	END IF;
	INSERT INTO audit_log (tenant_id, collection, item_id, action, before, after, request_id, subject, client_id)
	VALUES (
		whose, TG_TABLE_NAME, coalesce(whole ->> 'id', whole ->> 'client_id', whole ->> 'product_id', whole ->> 'event_id'), done, was, became,
		actor ->> 'requestId', actor ->> 'subject', actor ->> 'clientId'
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
-- Deliveries come and go by themselves; these are asked for: a test, and one more attempt of what had ended.
CREATE TRIGGER audit_test AFTER INSERT ON webhook_events
	FOR EACH ROW WHEN (NEW.type = 'webhook.test') EXECUTE FUNCTION gatehouse_audit();
--> statement-breakpoint
CREATE TRIGGER audit_again AFTER UPDATE ON webhook_deliveries
	FOR EACH ROW WHEN (OLD.state <> 'pending' AND NEW.state = 'pending') EXECUTE FUNCTION gatehouse_audit();
