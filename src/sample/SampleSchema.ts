/**
 * The sample's tables, as they might have grown over some years: half of the foreign keys were never declared, some things have
 * comments and others an abbreviation.
 */
export const SAMPLE_SCHEMA = `
CREATE TYPE bike_category AS ENUM ('city', 'trekking', 'e_bike', 'cargo', 'mountain', 'kids');

CREATE TABLE countries (
  country_code char(2) PRIMARY KEY,
  name text NOT NULL,
  currency char(3) NOT NULL,
  vat_rate numeric(4,1) NOT NULL
);

CREATE TABLE addresses (
  address_id integer PRIMARY KEY,
  street text NOT NULL,
  house_no text NOT NULL,
  postal_code text NOT NULL,
  city text NOT NULL,
  country_code char(2) NOT NULL
);
COMMENT ON TABLE addresses IS 'Postal addresses of customers, shops and suppliers. Never changed: whoever moves gets a new one.';

CREATE TABLE shops (
  shop_id integer PRIMARY KEY,
  code char(3) NOT NULL UNIQUE,
  name text NOT NULL,
  address_id integer NOT NULL REFERENCES addresses,
  phone text,
  opened_on date NOT NULL
);

CREATE TABLE employees (
  emp_id integer PRIMARY KEY,
  shop_id integer NOT NULL REFERENCES shops,
  reports_to integer REFERENCES employees,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email text NOT NULL,
  job_title text NOT NULL,
  hourly_wage numeric(6,2) NOT NULL,
  hired_on date NOT NULL,
  left_on date
);
COMMENT ON COLUMN employees.left_on IS 'Last working day; empty while employed';

CREATE TABLE customers (
  customer_id integer PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email text NOT NULL UNIQUE,
  phone text,
  birth_date date,
  address_id integer NOT NULL REFERENCES addresses,
  referred_by integer,
  newsletter boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);
COMMENT ON COLUMN customers.referred_by IS 'The customer who brought this one in';

CREATE TABLE bike_models (
  model_id integer PRIMARY KEY,
  brand text NOT NULL,
  name text NOT NULL,
  category bike_category NOT NULL,
  list_price numeric(8,2) NOT NULL,
  daily_rate numeric(6,2) NOT NULL,
  weight_kg numeric(4,1) NOT NULL
);

CREATE TABLE bikes (
  bike_id integer PRIMARY KEY,
  frame_no text NOT NULL UNIQUE,
  model_id integer NOT NULL REFERENCES bike_models,
  home_shop integer NOT NULL,
  bought_on date NOT NULL,
  purchase_price numeric(8,2) NOT NULL,
  status text NOT NULL,
  retired_on date
);
COMMENT ON TABLE bikes IS 'The rental fleet, one row per frame';

CREATE TABLE rentals (
  rental_id integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customers,
  pickup_shop integer NOT NULL,
  return_shop integer NOT NULL,
  handled_by integer,
  booked_at timestamptz NOT NULL,
  started_at timestamptz,
  due_at timestamptz NOT NULL,
  ended_at timestamptz,
  status text NOT NULL CHECK (status IN ('booked', 'active', 'returned', 'cancelled', 'no_show')),
  deposit numeric(8,2) NOT NULL,
  late_fee numeric(8,2) NOT NULL DEFAULT 0,
  total_amt numeric(8,2) NOT NULL
);
COMMENT ON TABLE rentals IS 'A customer takes one or more bikes from one shop and brings them back, perhaps to another';
CREATE INDEX ON rentals (pickup_shop, started_at);

CREATE TABLE rental_items (
  rental_id integer NOT NULL REFERENCES rentals,
  line_no smallint NOT NULL,
  bike_id integer NOT NULL,
  days smallint NOT NULL,
  daily_rate numeric(6,2) NOT NULL,
  amount numeric(8,2) NOT NULL,
  PRIMARY KEY (rental_id, line_no)
);
CREATE INDEX ON rental_items (bike_id);

CREATE TABLE suppliers (
  supplier_id integer PRIMARY KEY,
  name text NOT NULL,
  contact_email text,
  country_code char(2) NOT NULL,
  lead_time_days smallint
);

CREATE TABLE parts (
  part_no text PRIMARY KEY,
  name text NOT NULL,
  kind text NOT NULL,
  supplier_id integer NOT NULL REFERENCES suppliers,
  unit_price numeric(8,2) NOT NULL,
  on_hand integer NOT NULL,
  discontinued boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN parts.part_no IS 'Two letters for the kind of part and a running number, as printed on the shelf';

CREATE TABLE model_parts (
  model_id integer NOT NULL REFERENCES bike_models,
  part_no text NOT NULL REFERENCES parts,
  PRIMARY KEY (model_id, part_no)
);
COMMENT ON TABLE model_parts IS 'Which parts fit which model';

CREATE TABLE svc_orders (
  svc_order_id integer PRIMARY KEY,
  shop_id integer NOT NULL REFERENCES shops,
  customer_id integer REFERENCES customers,
  bike_id integer,
  mechanic_id integer,
  received_at timestamptz NOT NULL,
  promised_on date NOT NULL,
  finished_at timestamptz,
  status text NOT NULL,
  complaint text,
  labour_min integer,
  total_amt numeric(8,2)
);
COMMENT ON TABLE svc_orders IS 'Repairs and services, of customers'' own bikes (customer_id) or of the fleet (bike_id)';

CREATE TABLE svc_order_lines (
  svc_order_id integer NOT NULL REFERENCES svc_orders,
  line_no smallint NOT NULL,
  part_no text NOT NULL,
  qty smallint NOT NULL,
  unit_price numeric(8,2) NOT NULL,
  PRIMARY KEY (svc_order_id, line_no)
);

CREATE TABLE warranty_claims (
  claim_no text PRIMARY KEY,
  svc_order_id integer NOT NULL,
  line_no smallint NOT NULL,
  filed_on date NOT NULL,
  reason text NOT NULL,
  status text NOT NULL,
  refund_amt numeric(8,2)
);

CREATE TABLE web_orders (
  order_id integer PRIMARY KEY,
  order_no text NOT NULL UNIQUE,
  customer_id integer NOT NULL,
  bill_to_address integer NOT NULL,
  shipped_to_address integer NOT NULL,
  ordered_at timestamptz NOT NULL,
  shipped_at timestamptz,
  delivered_at timestamptz,
  status text NOT NULL,
  shipping_fee numeric(6,2) NOT NULL,
  total_amt numeric(8,2) NOT NULL
);
COMMENT ON TABLE web_orders IS 'Orders of the online shop, moved over from the old shop system in 2023';
CREATE INDEX ON web_orders (customer_id);

CREATE TABLE web_order_lines (
  order_id integer NOT NULL REFERENCES web_orders,
  line_no smallint NOT NULL,
  part_no text NOT NULL,
  qty smallint NOT NULL,
  unit_price numeric(8,2) NOT NULL,
  PRIMARY KEY (order_id, line_no)
);

CREATE TABLE payments (
  payment_id bigint PRIMARY KEY,
  source_type text NOT NULL,
  source_id integer NOT NULL,
  method text NOT NULL,
  amount numeric(8,2) NOT NULL,
  paid_at timestamptz NOT NULL,
  reference text
);
COMMENT ON COLUMN payments.source_type IS 'What was paid: rental, svc_order or web_order; source_id is its number';

CREATE TABLE import_log (
  id bigint PRIMARY KEY,
  job text NOT NULL,
  file_name text NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  rows_read integer NOT NULL,
  rows_rejected integer NOT NULL,
  message text
);

CREATE TABLE stg_customers_2023 (
  batch text,
  cust_no text,
  full_name text,
  email text,
  street text,
  postal_code text,
  city text,
  loaded_at timestamptz
);
`
