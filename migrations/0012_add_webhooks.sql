CREATE TABLE "webhook_deliveries" (
	"tenant_id" uuid NOT NULL,
	"webhook_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"last_attempt_at" timestamp (3) with time zone,
	"last_status" integer,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhook_deliveries_tenant_id_webhook_id_event_id_pk" PRIMARY KEY("tenant_id","webhook_id","event_id"),
	CONSTRAINT "webhook_deliveries_next_while_pending" CHECK (("webhook_deliveries"."state" = 'pending') = ("webhook_deliveries"."next_attempt_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"occurred_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"data" json NOT NULL,
	CONSTRAINT "webhook_events_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"url" text NOT NULL,
	"description" text,
	"event_types" text[] NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"disabled_reason" text,
	"sealed_secret" "bytea" NOT NULL,
	"sealed_previous_secret" "bytea",
	"previous_secret_expires_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhooks_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "webhooks_previous_secret_pair" CHECK (("webhooks"."sealed_previous_secret" is null) = ("webhooks"."previous_secret_expires_at" is null)),
	CONSTRAINT "webhooks_reason_when_disabled" CHECK (not "webhooks"."enabled" or "webhooks"."disabled_reason" is null)
);
--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_event_fkey" FOREIGN KEY ("tenant_id","event_id") REFERENCES "public"."webhook_events"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_events" ADD CONSTRAINT "webhook_events_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_event_idx" ON "webhook_deliveries" USING btree ("tenant_id","event_id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_state_idx" ON "webhook_deliveries" USING btree ("tenant_id","webhook_id","state","event_id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_pending_idx" ON "webhook_deliveries" USING btree ("webhook_id","next_attempt_at") WHERE "webhook_deliveries"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_events_occurred_at_idx" ON "webhook_events" USING brin ("occurred_at");
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('webhook_deliveries');
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('webhook_events');
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('webhooks');
--> statement-breakpoint
SELECT gatehouse_audit_table('webhooks', 'sealed_secret', 'sealed_previous_secret');
--> statement-breakpoint
-- Events are made and read; only those that have had their time are removed, and their deliveries with them.
REVOKE UPDATE ON webhook_events FROM gatehouse_app;
--> statement-breakpoint
CREATE POLICY sweep ON webhook_events
	USING ((SELECT current_setting('app.task', true)) = 'sweep' AND occurred_at < now() - interval '30 days');
--> statement-breakpoint
-- Whoever delivers takes what is due of all tenants, with what it needs to send it. How an attempt ended is
-- noted as its tenant.
CREATE POLICY delivery ON webhook_deliveries FOR SELECT
	USING ((SELECT current_setting('app.task', true)) = 'webhooks');
--> statement-breakpoint
CREATE POLICY claim ON webhook_deliveries FOR UPDATE
	USING ((SELECT current_setting('app.task', true)) = 'webhooks');
--> statement-breakpoint
CREATE POLICY delivery ON webhook_events FOR SELECT
	USING ((SELECT current_setting('app.task', true)) = 'webhooks');
--> statement-breakpoint
CREATE POLICY delivery ON webhooks FOR SELECT
	USING ((SELECT current_setting('app.task', true)) = 'webhooks');
