/** Names of tables and columns as programs everywhere have them, by the kind of program, and what a person would call each. */
export interface NamedSchema {
  readonly tables: Readonly<Record<string, string>>
  /** By `table.column`. */
  readonly columns: Readonly<Record<string, string>>
}

/** Names and right answers only, made by hand. */
export const NAMES: Readonly<Record<string, NamedSchema>> = {
  "network inventory": {
    tables: {
      dcim_rack: "Rack",
      dcim_site: "Site",
      dcim_devicetype: "Device Type",
      dcim_device: "Device",
      dcim_cabletermination: "Cable Termination",
      dcim_cable: "Cable",
      dcim_termination: "Termination",
      ipam_vlan: "Vlan",
      ipam_vlangroup: "Vlan Group",
      ipam_prefix: "Prefix",
      ipam_ipaddress: "IP Address"
    },
    columns: {
      "dcim_device.device_type_id": "device type ID",
      "dcim_device.asset_tag": "asset tag",
      "ipam_prefix.vlan_id": "vlan ID",
      "ipam_ipaddress.dns_name": "DNS name"
    }
  },
  "public transport": {
    tables: {
      agency: "Agency",
      stops: "Stop",
      routes: "Route",
      trips: "Trip",
      stop_times: "Stop Time",
      calendar_dates: "Calendar Date",
      fare_attributes: "Fare Attribute",
      fare_rules: "Fare Rule",
      shapes: "Shape",
      feed_info: "Feed Info"
    },
    columns: {
      "stops.stop_lat": "stop lat",
      "stops.parent_station": "parent station",
      "trips.trip_headsign": "trip headsign",
      "stop_times.stop_sequence": "stop sequence"
    }
  },
  weblog: {
    tables: {
      wp_posts: "Post",
      wp_postmeta: "Post Meta",
      wp_users: "User",
      wp_usermeta: "User Meta",
      wp_comments: "Comment",
      wp_terms: "Term",
      wp_term_taxonomy: "Term Taxonomy",
      wp_options: "Option",
      wp_links: "Link"
    },
    columns: {
      "wp_posts.post_author": "post author",
      "wp_comments.comment_post_ID": "comment post ID",
      "wp_users.user_email": "user email",
      "wp_postmeta.meta_id": "meta ID"
    }
  },
  "medical records": {
    tables: {
      patient: "Patient",
      encounter: "Encounter",
      encounter_type: "Encounter Type",
      obs: "Obs",
      concept: "Concept",
      concept_name: "Concept Name",
      person_attribute_type: "Person Attribute Type",
      drug_order: "Drug Order",
      orders: "Order",
      visit: "Visit",
      users: "User"
    },
    columns: {
      "obs.obs_id": "obs ID",
      "obs.value_coded": "value coded",
      "encounter.encounter_datetime": "encounter datetime",
      "patient.voided_by": "voided by",
      "orders.order_type_id": "order type ID"
    }
  },
  geodesy: {
    tables: {
      ellipsoid: "Ellipsoid",
      geodetic_datum: "Geodetic Datum",
      vertical_crs: "Vertical CRS",
      prime_meridian: "Prime Meridian",
      unit_of_measure: "Unit of Measure",
      coordinate_system: "Coordinate System",
      axis: "Axis",
      extent: "Extent",
      celestial_body: "Celestial Body"
    },
    columns: {
      "ellipsoid.semi_major_axis": "semi major axis",
      "ellipsoid.uom_code": "uom code",
      "geodetic_datum.ellipsoid_code": "ellipsoid code",
      "axis.auth_name": "auth name"
    }
  },
  bank: {
    tables: {
      m_client: "Client",
      m_loan: "Loan",
      m_office: "Office",
      m_appuser: "App User",
      m_code_value: "Code Value",
      m_savings_account: "Savings Account",
      acc_gl_account: "GL Account",
      acc_gl_journal_entry: "GL Journal Entry",
      c_configuration: "Configuration",
      r_enum_value: "Enum Value"
    },
    columns: {
      "m_client.office_id": "office ID",
      "m_code_value.code_id": "code ID",
      "m_loan.approvedon_date": "approvedon date",
      "m_loan.principal_amount": "principal amount"
    }
  },
  courses: {
    tables: {
      courses: "Course",
      assessments: "Assessment",
      studentAssessment: "Student Assessment",
      studentInfo: "Student Info",
      studentRegistration: "Student Registration",
      studentVle: "Student Vle"
    },
    columns: {
      "courses.code_module": "code module",
      "studentInfo.id_student": "ID student",
      "studentInfo.num_of_prev_attempts": "number of prev attempts",
      "assessments.id_assessment": "assessment ID"
    }
  },
  "accounts of a web application": {
    tables: {
      AspNetRoles: "Net Role",
      OrderItems: "Order Item",
      CustomerCRMs: "Customer CRM",
      ShoppingCarts: "Shopping Cart",
      SKUs: "SKU",
      UserAPIKeys: "User API Key",
      CMSPages: "CMS Page"
    },
    columns: {
      "OrderItems.OrderItemID": "order item ID",
      "OrderItems.UnitPrice": "unit price",
      "SKUs.SKUCode": "SKU code",
      "ShoppingCarts.CustomerId": "customer ID"
    }
  },
  warehouse: {
    tables: {
      dim_customer: "Customer",
      dim_date: "Date",
      dim_product: "Product",
      fact_sales: "Sale",
      fact_inventory: "Inventory"
    },
    columns: {
      "dim_customer.customer_sk": "customer SK",
      "dim_date.fiscal_qtr": "fiscal quarter",
      "fact_sales.sales_amt": "sales amount",
      "fact_sales.qty_sold": "quantity sold"
    }
  },
  stock: {
    tables: {
      stock_serialmove: "Stock Serial Move",
      stock_item: "Stock Item",
      stock_move: "Stock Move",
      serial: "Serial",
      unitofmeasure: "Unit of Measure",
      purchaseorder: "Purchase Order",
      purchaseorderline: "Purchase Order Line",
      supplier: "Supplier"
    },
    columns: {
      "stock_item.item_no": "item number",
      "stock_move.from_location": "from location",
      "purchaseorderline.unit_prc": "unit price",
      "supplier.supplier_nm": "supplier name"
    }
  },
  abbreviated: {
    tables: {
      tbl_cust: "Customer",
      tbl_inv_lines: "Invoice Line",
      tbl_invoice: "Invoice",
      tbl_emp: "Employee",
      tbl_dept: "Department",
      tbl_addr: "Address",
      tbl_prod_cat: "Product Category",
      tbl_category: "Category",
      tbl_product: "Product"
    },
    columns: {
      "tbl_cust.cust_nm": "customer name",
      "tbl_emp.mgr_id": "manager ID",
      "tbl_inv_lines.qty": "quantity",
      "tbl_inv_lines.amt": "amount",
      "tbl_emp.dept_no": "department number"
    }
  },
  football: {
    tables: {
      tournaments: "Tournament",
      teams: "Team",
      matches: "Match",
      goals: "Goal",
      squads: "Squad",
      player_appearances: "Player Appearance",
      penalty_kicks: "Penalty Kick",
      host_countries: "Host Country",
      referees: "Referee",
      stadiums: "Stadium"
    },
    columns: {
      "matches.home_team_id": "home team ID",
      "goals.minute_label": "minute label",
      "squads.shirt_number": "shirt number"
    }
  }
}
