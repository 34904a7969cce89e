CREATE TABLE "products" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"sku" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"brand" text,
	"category_id" uuid,
	"status" text NOT NULL,
	"price_minor" bigint,
	"price_currency" text,
	"list_price_minor" bigint,
	"list_price_currency" text,
	"in_stock" boolean NOT NULL,
	"attributes" jsonb NOT NULL,
	"image_url" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	CONSTRAINT "products_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "products_price_pair" CHECK (("products"."price_minor" is null) = ("products"."price_currency" is null)),
	CONSTRAINT "products_list_price_pair" CHECK (("products"."list_price_minor" is null) = ("products"."list_price_currency" is null)),
	CONSTRAINT "products_price_not_negative" CHECK (least("products"."price_minor", "products"."list_price_minor") >= 0)
);
--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_category_fkey" FOREIGN KEY ("tenant_id","category_id") REFERENCES "public"."categories"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "products_sku_key" ON "products" USING btree ("tenant_id","sku") WHERE "products"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "products_category_idx" ON "products" USING btree ("tenant_id","category_id","id");
--> statement-breakpoint
SELECT gatehouse_secure_tenant_table('products');
