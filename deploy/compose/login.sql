-- The origins' login. It owns nothing: all its rights come from gatehouse_app, which the migrations made.
\getenv password ORIGIN_DATABASE_PASSWORD
SELECT format('CREATE ROLE gatehouse_origin LOGIN')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatehouse_origin') \gexec
ALTER ROLE gatehouse_origin PASSWORD :'password';
GRANT gatehouse_app TO gatehouse_origin;
