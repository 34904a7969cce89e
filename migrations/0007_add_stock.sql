CREATE TABLE "stock_levels" (
	"tenant_id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"location" text NOT NULL,
	"on_hand" integer NOT NULL,
	"reserved" integer NOT NULL,
	"version" integer NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stock_levels_tenant_id_product_id_location_pk" PRIMARY KEY("tenant_id","product_id","location"),
	CONSTRAINT "stock_on_hand_bounded" CHECK ("stock_levels"."on_hand" between 0 and 1000000000),
	CONSTRAINT "stock_reserved_not_negative" CHECK ("stock_levels"."reserved" >= 0),
	CONSTRAINT "stock_not_oversold" CHECK ("stock_levels"."reserved" <= "stock_levels"."on_hand")
);
--> statement-breakpoint
CREATE TABLE "stock_movements" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"location" text NOT NULL,
	"cause" text NOT NULL,
	"on_hand_change" integer NOT NULL,
	"reserved_change" integer NOT NULL,
	"on_hand" integer NOT NULL,
	"reserved" integer NOT NULL,
	"version" integer NOT NULL,
	"reason" text,
	"reservation_id" uuid,
	"order_id" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stock_movements_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "stock_movements_version_key" UNIQUE("tenant_id","product_id","location","version")
);
--> statement-breakpoint
CREATE TABLE "stock_reservations" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"product_id" uuid NOT NULL,
	"location" text NOT NULL,
	"quantity" integer NOT NULL,
	"state" text NOT NULL,
	"order_id" uuid,
	"expires_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stock_reservations_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "stock_reservations_quantity" CHECK ("stock_reservations"."quantity" > 0)
);
--> statement-breakpoint
ALTER TABLE "products" ADD COLUMN "stock_available" boolean;--> statement-breakpoint
ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_levels" ADD CONSTRAINT "stock_levels_product_fkey" FOREIGN KEY ("tenant_id","product_id") REFERENCES "public"."products"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_movements" ADD CONSTRAINT "stock_movements_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_reservations" ADD CONSTRAINT "stock_reservations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock_reservations" ADD CONSTRAINT "stock_reservations_level_fkey" FOREIGN KEY ("tenant_id","product_id","location") REFERENCES "public"."stock_levels"("tenant_id","product_id","location") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stock_movements_product_idx" ON "stock_movements" USING btree ("tenant_id","product_id","id");--> statement-breakpoint
CREATE INDEX "stock_movements_order_idx" ON "stock_movements" USING btree ("tenant_id","order_id","id") WHERE "stock_movements"."order_id" is not null;--> statement-breakpoint
CREATE INDEX "stock_reservations_order_idx" ON "stock_reservations" USING btree ("tenant_id","order_id");--> statement-breakpoint
CREATE INDEX "stock_reservations_expiry_idx" ON "stock_reservations" USING btree ("expires_at") WHERE "stock_reservations"."state" = 'active';
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('stock_levels');
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('stock_movements');
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('stock_reservations');
--> statement-breakpoint
-- The ledger is only added to.
REVOKE UPDATE, DELETE ON stock_movements FROM gatehouse_app;
--> statement-breakpoint
-- The sweep looks for reservations whose time is up, of all tenants, and sees nothing else.
CREATE POLICY sweep ON stock_reservations FOR SELECT
	USING ((SELECT current_setting('app.task', true)) = 'sweep' AND state = 'active' AND expires_at < now());
--> statement-breakpoint
-- While stock is kept for a product, it is in stock when stock is available, whatever else is written.
CREATE FUNCTION gatehouse_products_in_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.in_stock := NEW.stock_available;
	RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER products_in_stock BEFORE UPDATE OF in_stock, stock_available ON products
	FOR EACH ROW WHEN (NEW.stock_available IS NOT NULL) EXECUTE FUNCTION gatehouse_products_in_stock();
