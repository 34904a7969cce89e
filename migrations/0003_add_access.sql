CREATE TABLE "sessions" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"access_token_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "sessions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"email" text NOT NULL,
	"password_hash" text NOT NULL,
	"role" text NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
DROP INDEX "api_clients_tenant_idx";--> statement-breakpoint
-- A column that a policy reads keeps its type.
DROP POLICY presented_client ON api_clients;--> statement-breakpoint
ALTER TABLE "api_clients" ALTER COLUMN "client_id" SET DATA TYPE uuid USING client_id::uuid;--> statement-breakpoint
CREATE POLICY presented_client ON api_clients FOR SELECT
	USING (client_id = (SELECT NULLIF(current_setting('app.client', true), '')::uuid));--> statement-breakpoint
ALTER TABLE "api_clients" ADD COLUMN "previous_secret_hash" "bytea";--> statement-breakpoint
ALTER TABLE "api_clients" ADD COLUMN "previous_secret_expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "api_clients" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "api_clients" ADD COLUMN "updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
-- The keys so far have signed from the first, for tokens that lived a day at most.
ALTER TABLE "signing_keys" ADD COLUMN "signs_from" timestamp (3) with time zone;--> statement-breakpoint
UPDATE signing_keys SET signs_from = created_at;--> statement-breakpoint
ALTER TABLE "signing_keys" ALTER COLUMN "signs_from" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD COLUMN "token_lifetime_seconds" integer NOT NULL DEFAULT 86400;--> statement-breakpoint
ALTER TABLE "signing_keys" ALTER COLUMN "token_lifetime_seconds" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_user_idx" ON "sessions" USING btree ("tenant_id","user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "users" USING btree ("tenant_id",lower("email"));--> statement-breakpoint
CREATE INDEX "api_clients_tenant_idx" ON "api_clients" USING btree ("tenant_id","client_id");--> statement-breakpoint
ALTER TABLE "api_clients" ADD CONSTRAINT "api_clients_previous_secret_pair" CHECK (("api_clients"."previous_secret_hash" is null) = ("api_clients"."previous_secret_expires_at" is null));
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('sessions');
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('users');
--> statement-breakpoint
-- Whoever may not come in any more is disabled, not forgotten: nobody is deleted by the API.
REVOKE DELETE ON users FROM gatehouse_app;
--> statement-breakpoint
GRANT INSERT ON api_clients TO gatehouse_app;
--> statement-breakpoint
-- A client never changes its id or its tenant.
GRANT UPDATE (
	name, secret_hash, previous_secret_hash, previous_secret_expires_at, scopes, disabled, version, updated_at
) ON api_clients TO gatehouse_app;
--> statement-breakpoint
-- An origin that issues longer tokens than the others says so, so that keys outlive them.
GRANT UPDATE (token_lifetime_seconds) ON signing_keys TO gatehouse_app;
--> statement-breakpoint
-- Whoever logs in names the tenant before it is known by its id: that one row is visible.
CREATE POLICY presented_slug ON tenants FOR SELECT
	USING (slug = (SELECT NULLIF(current_setting('app.slug', true), '')));
