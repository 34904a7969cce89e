CREATE TABLE "audit_log" (
	"tenant_id" uuid NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"collection" text NOT NULL,
	"item_id" text NOT NULL,
	"action" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"request_id" text,
	"subject" text,
	"client_id" text,
	CONSTRAINT "audit_log_tenant_id_seq_pk" PRIMARY KEY("tenant_id","seq")
);
--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_item_idx" ON "audit_log" USING btree ("tenant_id","item_id","seq");--> statement-breakpoint
CREATE INDEX "audit_log_subject_idx" ON "audit_log" USING btree ("tenant_id","subject","seq");--> statement-breakpoint
CREATE INDEX "audit_log_at_idx" ON "audit_log" USING brin ("at");
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('audit_log');
--> statement-breakpoint
-- Entries are made by the trigger below, as the owner; the application reads its tenant's, and removes
-- none but those that have had their time.
DROP POLICY tenant ON audit_log;
--> statement-breakpoint
REVOKE INSERT, UPDATE ON audit_log FROM gatehouse_app;
--> statement-breakpoint
CREATE POLICY tenant ON audit_log FOR SELECT
	USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid));
--> statement-breakpoint
CREATE POLICY written ON audit_log FOR INSERT TO CURRENT_USER WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY sweep ON audit_log
	USING ((SELECT current_setting('app.task', true)) = 'sweep' AND at < now() - interval '30 days');
--> statement-breakpoint
-- Notes a change of one row: what is different, and who did it (`app.actor`, origin/db/write.ts). Its
-- arguments are columns that hold secrets.
CREATE FUNCTION gatehouse_audit() RETURNS trigger
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
		whose, TG_TABLE_NAME, coalesce(whole ->> 'id', whole ->> 'client_id', whole ->> 'product_id'), done, was, became,
		actor ->> 'requestId', actor ->> 'subject', actor ->> 'clientId'
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
-- Keeps the changes of a table in the audit log, but for its columns with secrets.
CREATE FUNCTION gatehouse_audit_table(audited regclass, VARIADIC secrets text[] DEFAULT '{}') RETURNS void
	LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format(
		'CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %s
			FOR EACH ROW EXECUTE FUNCTION gatehouse_audit(%s)',
		audited, (SELECT string_agg(quote_literal(name), ', ') FROM unnest(secrets) AS name)
	);
END
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION gatehouse_audit_table(regclass, text[]) FROM PUBLIC;
--> statement-breakpoint
SELECT gatehouse_audit_table('products', 'name_key');
--> statement-breakpoint
SELECT gatehouse_audit_table('prices', 'changed_xid');
--> statement-breakpoint
SELECT gatehouse_audit_table('categories');
--> statement-breakpoint
SELECT gatehouse_audit_table('users', 'password_hash');
--> statement-breakpoint
SELECT gatehouse_audit_table('api_clients', 'secret_hash', 'previous_secret_hash');
--> statement-breakpoint
SELECT gatehouse_audit_table('stock_levels');
--> statement-breakpoint
SELECT gatehouse_audit_table('stock_reservations');
