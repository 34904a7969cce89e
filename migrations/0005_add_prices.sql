CREATE TABLE "prices" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"currency" text NOT NULL,
	"list_minor" bigint NOT NULL,
	"sale_minor" bigint,
	"valid_from" timestamp (3) with time zone NOT NULL,
	"valid_until" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"changed_xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	CONSTRAINT "prices_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "prices_interval" CHECK ("prices"."valid_until" >= "prices"."valid_from"),
	CONSTRAINT "prices_not_negative" CHECK (least("prices"."list_minor", "prices"."sale_minor") >= 0),
	CONSTRAINT "prices_sale_not_above_list" CHECK ("prices"."sale_minor" <= "prices"."list_minor")
);
--> statement-breakpoint
ALTER TABLE "prices" ADD CONSTRAINT "prices_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prices" ADD CONSTRAINT "prices_product_fkey" FOREIGN KEY ("tenant_id","product_id") REFERENCES "public"."products"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "prices_start_key" ON "prices" USING btree ("tenant_id","product_id","currency","valid_from") WHERE "prices"."valid_until" is null or "prices"."valid_until" > "prices"."valid_from";--> statement-breakpoint
CREATE INDEX "prices_feed_idx" ON "prices" USING btree ("tenant_id","changed_xid","id");--> statement-breakpoint
CREATE INDEX "prices_updated_idx" ON "prices" USING btree ("tenant_id","updated_at");--> statement-breakpoint
CREATE INDEX "prices_product_feed_idx" ON "prices" USING btree ("tenant_id","product_id","changed_xid","id");
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('prices');
