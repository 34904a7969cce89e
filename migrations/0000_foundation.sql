-- The role that the origin's login is a member of. It owns nothing and may change no schema.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatehouse_app') THEN
		CREATE ROLE gatehouse_app NOLOGIN;
	END IF;
EXCEPTION
	-- Another database of the same cluster was quicker.
	WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO gatehouse_app;
--> statement-breakpoint
GRANT SELECT ON gatehouse_migrations TO gatehouse_app;
--> statement-breakpoint
-- Every table with a column tenant_id goes through this: no row of another tenant is seen or
-- written, by the table's owner neither (FORCE). Without a tenant nothing is visible: on a connection
-- that had one before, the setting is an empty string, which NULLIF turns into "none" (the bare cast
-- would raise 22P02). The setting is read in a sub-select, once for each statement: by itself, the
-- planner would evaluate it while planning, find no tenant, expect no rows, and choose any index.
CREATE FUNCTION gatehouse_secure_tenant_table(secured regclass) RETURNS void
	LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', secured);
	EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', secured);
	EXECUTE format(
		'CREATE POLICY tenant ON %s
			USING (tenant_id = (SELECT NULLIF(current_setting(''app.tenant'', true), '''')::uuid))',
		secured
	);
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO gatehouse_app', secured);
END
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION gatehouse_secure_tenant_table(regclass) FROM PUBLIC;
--> statement-breakpoint
CREATE TABLE "api_clients" (
	"client_id" text PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"tenant_id" uuid NOT NULL,
	"client_id" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"outcome" json NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_tenant_id_client_id_key_pk" PRIMARY KEY("tenant_id","client_id","key")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" uuid NOT NULL,
	"collection" text NOT NULL,
	"item_id" uuid NOT NULL,
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"sealed_private_jwk" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "api_clients" ADD CONSTRAINT "api_clients_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_clients_tenant_idx" ON "api_clients" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_expires_idx" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "outbox_undelivered_idx" ON "outbox" USING btree ("xid","id") WHERE "outbox"."delivered_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_delivered_idx" ON "outbox" USING btree ("delivered_at") WHERE "outbox"."delivered_at" is not null;
--> statement-breakpoint
-- The versions that the relay gives out (shared/freshness.ts): drawn after a write was seen committed.
CREATE SEQUENCE gatehouse_version AS bigint;
--> statement-breakpoint
GRANT USAGE ON SEQUENCE gatehouse_version TO gatehouse_app;
--> statement-breakpoint
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY tenant ON tenants USING (id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid));
--> statement-breakpoint
GRANT SELECT ON tenants TO gatehouse_app;
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('api_clients');
--> statement-breakpoint
-- The origin checks clients, it does not make them.
REVOKE INSERT, UPDATE, DELETE ON api_clients FROM gatehouse_app;
--> statement-breakpoint
-- A client that asks for a token names itself before its tenant is known: that one row is visible.
CREATE POLICY presented_client ON api_clients FOR SELECT
	USING (client_id = (SELECT NULLIF(current_setting('app.client', true), '')));
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('outbox');
--> statement-breakpoint
-- The relay passes on the changes of all tenants. A setting, so that no other statement sees them by
-- mistake; a write announces changes of its own tenant only.
CREATE POLICY relay ON outbox USING ((SELECT current_setting('app.task', true)) = 'relay');
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('idempotency_keys');
--> statement-breakpoint
-- The sweep removes what has expired, of all tenants, and sees nothing else.
CREATE POLICY sweep ON idempotency_keys
	USING ((SELECT current_setting('app.task', true)) = 'sweep' AND expires_at < now());
--> statement-breakpoint
-- Keys belong to no tenant.
GRANT SELECT, INSERT ON signing_keys TO gatehouse_app;
