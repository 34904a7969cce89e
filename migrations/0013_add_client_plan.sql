ALTER TABLE "api_clients" ADD COLUMN "plan" text;--> statement-breakpoint
ALTER TABLE "api_clients" ADD CONSTRAINT "api_clients_plan_name" CHECK ("api_clients"."plan" ~ '^[a-z0-9_-]{1,32}$');
--> statement-breakpoint
GRANT UPDATE (plan) ON api_clients TO gatehouse_app;
