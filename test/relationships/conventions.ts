import { any, type InventedTable, ref, sameAs, serial, text, word } from "./invented.ts"

type Tables = Readonly<Record<string, InventedTable>>

const name = text("n")

/** A star schema: every column carries its table's letters, keys end in a word of their own, dimensions are abbreviated. */
export const WAREHOUSE: Tables = {
  day: {
    rows: 3000,
    key: ["da_day_sk"],
    columns: {
      da_day_sk: serial(2_400_000),
      da_day_id: text("D"),
      da_year: any(1990, 1999),
      da_moy: any(1, 12),
      da_week_seq: any(1, 430)
    }
  },
  minute: {
    rows: 1440,
    key: ["mi_minute_sk"],
    columns: { mi_minute_sk: serial(0), mi_minute_id: text("M"), mi_hour: any(0, 23) }
  },
  pay_band: {
    rows: 20,
    key: ["pb_pay_band_sk"],
    columns: { pb_pay_band_sk: serial(), pb_low: serial(0, 1000), pb_high: serial(1000, 1000) }
  },
  renter_demographics: {
    rows: 1900,
    key: ["rd_demo_sk"],
    columns: { rd_demo_sk: serial(), rd_gender: word("M", "F"), rd_children: any(0, 6), rd_estimate: any(1, 20) }
  },
  household_demographics: {
    rows: 720,
    key: ["hd_demo_sk"],
    columns: { hd_demo_sk: serial(), hd_pay_band_sk: ref("pay_band.pb_pay_band_sk"), hd_vehicles: any(0, 4) }
  },
  renter_address: {
    rows: 500,
    key: ["ra_address_sk"],
    columns: { ra_address_sk: serial(), ra_address_id: text("A"), ra_zip: any(10_000, 99_999) }
  },
  renter: {
    rows: 900,
    key: ["rn_renter_sk"],
    columns: {
      rn_renter_sk: serial(),
      rn_renter_id: text("R"),
      rn_current_rdemo_sk: ref("renter_demographics.rd_demo_sk"),
      rn_current_hdemo_sk: ref("household_demographics.hd_demo_sk"),
      rn_current_addr_sk: ref("renter_address.ra_address_sk"),
      rn_first_hire_day_sk: ref("day.da_day_sk", { nulls: 0.05, share: 0.5 }),
      rn_birth_year: any(1930, 2000)
    }
  },
  depot: {
    rows: 12,
    key: ["dp_depot_sk"],
    columns: {
      dp_depot_sk: serial(),
      dp_depot_id: text("P"),
      dp_closed_day_sk: ref("day.da_day_sk", { nulls: 0.5 }),
      dp_floor_space: any(1, 9_000_000)
    }
  },
  vehicle: {
    rows: 300,
    key: ["v_vehicle_sk"],
    columns: { v_vehicle_sk: serial(), v_vehicle_id: text("V"), v_brand_id: any(1, 60), v_manager_id: any(1, 40) }
  },
  call_center: {
    rows: 6,
    key: ["cc_call_center_sk"],
    columns: { cc_call_center_sk: serial(), cc_call_center_id: text("C"), cc_open_day_sk: ref("day.da_day_sk") }
  },
  ship_mode: {
    rows: 20,
    key: ["sm_ship_mode_sk"],
    columns: { sm_ship_mode_sk: serial(), sm_ship_mode_id: text("S"), sm_code: word("AIR", "SEA") }
  },
  reason: { rows: 25, key: ["r_reason_sk"], columns: { r_reason_sk: serial(), r_reason_id: text("W") } },
  discount: {
    rows: 30,
    key: ["di_discount_sk"],
    columns: {
      di_discount_sk: serial(),
      di_start_day_sk: ref("day.da_day_sk"),
      di_end_day_sk: ref("day.da_day_sk"),
      di_vehicle_sk: ref("vehicle.v_vehicle_sk")
    }
  },
  depot_hires: {
    rows: 5000,
    key: ["dh_vehicle_sk", "dh_ticket_number"],
    columns: {
      dh_hired_day_sk: ref("day.da_day_sk", { nulls: 0.03, share: 0.6 }),
      dh_hired_minute_sk: ref("minute.mi_minute_sk", { nulls: 0.03 }),
      dh_vehicle_sk: ref("vehicle.v_vehicle_sk"),
      dh_renter_sk: ref("renter.rn_renter_sk", { nulls: 0.03 }),
      dh_rdemo_sk: ref("renter_demographics.rd_demo_sk", { nulls: 0.03 }),
      dh_hdemo_sk: ref("household_demographics.hd_demo_sk", { nulls: 0.03 }),
      dh_addr_sk: ref("renter_address.ra_address_sk", { nulls: 0.03 }),
      dh_depot_sk: ref("depot.dp_depot_sk", { nulls: 0.03 }),
      dh_discount_sk: ref("discount.di_discount_sk", { nulls: 0.03 }),
      dh_ticket_number: { fill: (at) => 1 + Math.floor(at / 4) },
      dh_quantity: any(1, 100),
      dh_list_price: any(1, 200)
    }
  },
  depot_returns: {
    rows: 600,
    key: ["dr_vehicle_sk", "dr_ticket_number"],
    together: [
      { table: "depot_hires", columns: { dr_vehicle_sk: "dh_vehicle_sk", dr_ticket_number: "dh_ticket_number" } }
    ],
    columns: {
      dr_returned_day_sk: ref("day.da_day_sk", { share: 0.7 }),
      dr_return_minute_sk: ref("minute.mi_minute_sk"),
      dr_renter_sk: ref("renter.rn_renter_sk"),
      dr_depot_sk: ref("depot.dp_depot_sk"),
      dr_reason_sk: ref("reason.r_reason_sk"),
      dr_return_quantity: any(1, 50)
    }
  },
  phone_hires: {
    rows: 2500,
    key: ["ph_vehicle_sk", "ph_order_number"],
    columns: {
      ph_sold_day_sk: ref("day.da_day_sk", { share: 0.6 }),
      ph_ship_day_sk: ref("day.da_day_sk", { share: 0.7 }),
      ph_bill_renter_sk: ref("renter.rn_renter_sk"),
      ph_bill_rdemo_sk: ref("renter_demographics.rd_demo_sk"),
      ph_ship_renter_sk: ref("renter.rn_renter_sk"),
      ph_ship_addr_sk: ref("renter_address.ra_address_sk"),
      ph_call_center_sk: ref("call_center.cc_call_center_sk", { nulls: 0.03 }),
      ph_ship_mode_sk: ref("ship_mode.sm_ship_mode_sk"),
      ph_vehicle_sk: ref("vehicle.v_vehicle_sk"),
      ph_order_number: { fill: (at) => 1 + Math.floor(at / 8) },
      ph_quantity: any(1, 100)
    }
  },
  stock: {
    rows: 4000,
    key: ["st_day_sk", "st_vehicle_sk", "st_depot_sk"],
    columns: {
      st_day_sk: ref("day.da_day_sk", { share: 0.3 }),
      st_vehicle_sk: ref("vehicle.v_vehicle_sk"),
      st_depot_sk: ref("depot.dp_depot_sk", { share: 0.6 }),
      st_quantity_on_hand: any(0, 1000)
    }
  }
}

/** Names without separators, keys that carry their table's name, the same column referring to each table's own. */
export const FOLDED: Tables = {
  roles: { rows: 4, key: ["roleid"], columns: { roleid: serial(), name } },
  users: {
    rows: 30,
    key: ["userid"],
    columns: { userid: serial(), username: name, roleid: ref("roles.roleid"), rowsperpage: any(20, 50) }
  },
  usrgrp: { rows: 9, key: ["usrgrpid"], columns: { usrgrpid: serial(7), name, debugmode: any(0, 1) } },
  usersgroups: {
    rows: 40,
    key: ["id"],
    columns: { id: serial(), usrgrpid: ref("usrgrp.usrgrpid"), userid: ref("users.userid") }
  },
  stations: {
    rows: 150,
    key: ["stationid"],
    columns: {
      stationid: serial(10_001),
      station: name,
      status: any(0, 3),
      proxy_stationid: ref("stations.stationid", { nulls: 0.6, share: 0.1 })
    }
  },
  stationgrp: { rows: 20, key: ["groupid"], columns: { groupid: serial(), name, internal: any(0, 1) } },
  stations_groups: {
    rows: 170,
    key: ["stationgroupid"],
    columns: { stationgroupid: serial(50), stationid: ref("stations.stationid"), groupid: ref("stationgrp.groupid") }
  },
  channel: {
    rows: 80,
    key: ["channelid"],
    columns: { channelid: serial(3), stationid: ref("stations.stationid"), port: any(1, 65_000), type: any(1, 4) }
  },
  valuemap: { rows: 60, key: ["valuemapid"], columns: { valuemapid: serial(), name } },
  mapping: {
    rows: 240,
    key: ["mappingid"],
    columns: {
      mappingid: serial(),
      valuemapid: ref("valuemap.valuemapid"),
      value: any(0, 20),
      newvalue: word("up", "down")
    }
  },
  probes: {
    rows: 2000,
    key: ["probeid"],
    columns: {
      probeid: serial(22_000),
      stationid: ref("stations.stationid"),
      channelid: ref("channel.channelid", { nulls: 0.7 }),
      templateid: ref("probes.probeid", { nulls: 0.7, share: 0.3 }),
      master_probeid: ref("probes.probeid", { nulls: 0.8, share: 0.2 }),
      valuemapid: ref("valuemap.valuemapid", { nulls: 0.8 }),
      delay: any(0, 3600),
      history: any(7, 90)
    }
  },
  alarms: {
    rows: 700,
    key: ["alarmid"],
    columns: {
      alarmid: serial(13_000),
      description: text("when "),
      priority: any(0, 5),
      templateid: ref("alarms.alarmid", { nulls: 0.8, share: 0.3 })
    }
  },
  functions: {
    rows: 900,
    key: ["functionid"],
    columns: {
      functionid: serial(12_000),
      probeid: ref("probes.probeid"),
      alarmid: ref("alarms.alarmid"),
      parameter: any(0, 9)
    }
  },
  alarm_depends: {
    rows: 90,
    key: ["alarmdepid"],
    columns: { alarmdepid: serial(), alarmid_down: ref("alarms.alarmid"), alarmid_up: ref("alarms.alarmid") }
  },
  images: { rows: 180, key: ["imageid"], columns: { imageid: serial(), imagetype: any(1, 2), name } },
  maps: {
    rows: 12,
    key: ["mapid"],
    columns: {
      mapid: serial(),
      userid: ref("users.userid"),
      backgroundid: ref("images.imageid", { nulls: 0.3 }),
      width: any(500, 900)
    }
  },
  maps_elements: {
    rows: 60,
    key: ["selementid"],
    columns: {
      selementid: serial(),
      mapid: ref("maps.mapid"),
      iconid_off: ref("images.imageid"),
      iconid_on: ref("images.imageid", { nulls: 0.4 }),
      x: any(0, 800),
      y: any(0, 600)
    }
  },
  maps_links: {
    rows: 50,
    key: ["linkid"],
    columns: {
      linkid: serial(),
      mapid: ref("maps.mapid"),
      selementid1: ref("maps_elements.selementid"),
      selementid2: ref("maps_elements.selementid"),
      drawtype: any(0, 4)
    }
  },
  media_type: { rows: 14, key: ["mediatypeid"], columns: { mediatypeid: serial(), name, maxsessions: any(0, 3) } },
  media: {
    rows: 36,
    key: ["mediaid"],
    columns: {
      mediaid: serial(),
      userid: ref("users.userid"),
      mediatypeid: ref("media_type.mediatypeid"),
      severity: any(0, 63)
    }
  },
  actions: { rows: 9, key: ["actionid"], columns: { actionid: serial(2), name, eventsource: any(0, 3) } },
  operations: {
    rows: 22,
    key: ["operationid"],
    columns: { operationid: serial(), actionid: ref("actions.actionid"), operationtype: any(0, 2) }
  },
  opmessage: {
    rows: 22,
    key: ["operationid"],
    columns: {
      operationid: sameAs("operations.operationid"),
      mediatypeid: ref("media_type.mediatypeid", { nulls: 0.4 }),
      default_msg: any(0, 1)
    }
  },
  opmessage_usr: {
    rows: 18,
    key: ["opmessage_usrid"],
    columns: { opmessage_usrid: serial(), operationid: ref("operations.operationid"), userid: ref("users.userid") }
  }
}

/** Columns are called as the table they refer to, without anything that says key; kinds hang on to what they are kinds of. */
export const ENCYCLOPEDIA: Tables = {
  gender: { rows: 4, key: ["id"], columns: { id: serial(), name } },
  language: { rows: 90, key: ["id"], columns: { id: serial(1, 3), name, frequency: any(0, 2) } },
  area_type: {
    rows: 8,
    key: ["id"],
    columns: { id: serial(), name, parent: ref("area_type.id", { nulls: 0.6, share: 0.3 }), child_order: any(0, 5) }
  },
  area: {
    rows: 600,
    key: ["id"],
    columns: {
      id: serial(3, 7),
      gid: text("a"),
      name,
      type: ref("area_type.id", { nulls: 0.1 }),
      edits_pending: any(0, 1)
    }
  },
  country_area: { rows: 50, key: ["area"], columns: { area: sameAs("area.id") } },
  writer_type: {
    rows: 6,
    key: ["id"],
    columns: { id: serial(), name, parent: ref("writer_type.id", { nulls: 0.6, share: 0.5 }), child_order: any(0, 5) }
  },
  writer: {
    rows: 900,
    key: ["id"],
    columns: {
      id: serial(11, 13),
      gid: text("w"),
      name,
      type: ref("writer_type.id", { nulls: 0.2 }),
      area: ref("area.id", { nulls: 0.3 }),
      begin_area: ref("area.id", { nulls: 0.6 }),
      gender: ref("gender.id", { nulls: 0.4 }),
      begin_date_year: any(1850, 2000),
      edits_pending: any(0, 2)
    }
  },
  writer_meta: {
    rows: 900,
    key: ["id"],
    columns: { id: sameAs("writer.id"), rating: any(0, 100), rating_count: any(1, 40) }
  },
  writer_alias_type: { rows: 3, key: ["id"], columns: { id: serial(), name } },
  writer_alias: {
    rows: 400,
    key: ["id"],
    columns: {
      id: serial(5, 11),
      writer: ref("writer.id"),
      name,
      type: ref("writer_alias_type.id", { nulls: 0.3 }),
      edits_pending: any(0, 1)
    }
  },
  writer_credit: {
    rows: 950,
    key: ["id"],
    columns: { id: serial(1, 17), name, writer_count: any(1, 3), ref_count: any(1, 90) }
  },
  writer_credit_name: {
    rows: 990,
    key: ["writer_credit", "position"],
    columns: { writer_credit: ref("writer_credit.id"), position: any(0, 2), writer: ref("writer.id"), name }
  },
  work_type: {
    rows: 17,
    key: ["id"],
    columns: { id: serial(), name, parent: ref("work_type.id", { nulls: 0.7, share: 0.3 }) }
  },
  work: {
    rows: 1500,
    key: ["id"],
    columns: {
      id: serial(2, 5),
      gid: text("k"),
      name,
      type: ref("work_type.id", { nulls: 0.3 }),
      writer_credit: ref("writer_credit.id"),
      language: ref("language.id", { nulls: 0.3 }),
      edits_pending: any(0, 1)
    }
  },
  edition_status: { rows: 5, key: ["id"], columns: { id: serial(), name } },
  publisher_type: { rows: 9, key: ["id"], columns: { id: serial(), name } },
  publisher: {
    rows: 120,
    key: ["id"],
    columns: {
      id: serial(9, 23),
      name,
      type: ref("publisher_type.id", { nulls: 0.4 }),
      area: ref("area.id", { nulls: 0.3 }),
      code: any(100, 9000)
    }
  },
  edition: {
    rows: 1800,
    key: ["id"],
    columns: {
      id: serial(4, 9),
      work: ref("work.id"),
      status: ref("edition_status.id", { nulls: 0.1 }),
      publisher: ref("publisher.id", { nulls: 0.1 }),
      quality: any(-1, 2)
    }
  },
  edition_country: {
    rows: 1500,
    key: ["edition", "country"],
    columns: { edition: ref("edition.id"), country: ref("country_area.area"), date_year: any(1850, 2020) }
  },
  tag: { rows: 300, key: ["id"], columns: { id: serial(1, 2), name, ref_count: any(0, 60) } },
  writer_tag: {
    rows: 700,
    key: ["writer", "tag"],
    columns: { writer: ref("writer.id"), tag: ref("tag.id"), count: any(0, 9) }
  },
  link_type: {
    rows: 40,
    key: ["id"],
    columns: {
      id: serial(100),
      name,
      parent: ref("link_type.id", { nulls: 0.2, share: 0.3 }),
      entity_type0: word("writer", "area"),
      entity_type1: word("work", "writer")
    }
  },
  link: {
    rows: 260,
    key: ["id"],
    columns: { id: serial(6, 19), link_type: ref("link_type.id"), attribute_count: any(0, 3) }
  },
  l_writer_work: {
    rows: 800,
    key: ["id"],
    columns: {
      id: serial(1, 3),
      link: ref("link.id"),
      entity0: ref("writer.id"),
      entity1: ref("work.id"),
      edits_pending: any(0, 1)
    }
  },
  l_writer_writer: {
    rows: 200,
    key: ["id"],
    columns: {
      id: serial(2, 4),
      link: ref("link.id"),
      entity0: ref("writer.id"),
      entity1: ref("writer.id"),
      edits_pending: any(0, 1)
    }
  },
  l_area_publisher: {
    rows: 90,
    key: ["id"],
    columns: {
      id: serial(3, 7),
      link: ref("link.id"),
      entity0: ref("area.id"),
      entity1: ref("publisher.id"),
      edits_pending: any(0, 1)
    }
  },
  editor: { rows: 200, key: ["id"], columns: { id: serial(1, 31), name } },
  edit: {
    rows: 900,
    key: ["id"],
    columns: { id: serial(77, 41), editor: ref("editor.id"), type: any(1, 99), status: any(1, 7) }
  },
  edit_writer: {
    rows: 500,
    key: ["edit", "writer"],
    columns: { edit: ref("edit.id"), writer: ref("writer.id"), status: any(1, 7) }
  },
  vote: {
    rows: 300,
    key: ["id"],
    columns: { id: serial(1, 2), editor: ref("editor.id"), edit: ref("edit.id"), vote: any(-1, 1) }
  }
}

/** Kinds of kinds: a key handed on from table to table, and other tables that refer to one of them by its role. */
export const SUBTYPES: Tables = {
  party: { rows: 900, key: ["partyid"], columns: { partyid: serial(), modified: text("2014-") } },
  person: {
    rows: 700,
    key: ["partyid"],
    columns: { partyid: sameAs("party.partyid"), firstname: name, lastname: name, persontype: word("EM", "SC") }
  },
  worker: {
    rows: 290,
    key: ["partyid"],
    columns: {
      partyid: sameAs("person.partyid"),
      loginid: text("l"),
      jobtitle: word("a", "b", "c"),
      vacationhours: any(0, 99)
    }
  },
  territory: { rows: 10, key: ["territoryid"], columns: { territoryid: serial(), name } },
  seller: {
    rows: 17,
    key: ["partyid"],
    columns: {
      partyid: { to: "worker.partyid", fill: (at) => 274 + at },
      territoryid: ref("territory.territoryid", { nulls: 0.2 }),
      bonus: any(0, 7000)
    }
  },
  shop: {
    rows: 150,
    key: ["partyid"],
    columns: { partyid: { to: "party.partyid", fill: (at) => 701 + at }, name, sellerid: ref("seller.partyid") }
  },
  supplier: {
    rows: 40,
    key: ["partyid"],
    columns: {
      partyid: { to: "party.partyid", fill: (at) => 856 + at },
      accountnumber: text("AC"),
      creditrating: any(1, 5)
    }
  },
  client: {
    rows: 800,
    key: ["clientid"],
    columns: {
      clientid: serial(),
      personid: ref("person.partyid", { nulls: 0.1 }),
      shopid: ref("shop.partyid", { nulls: 0.4 }),
      territoryid: ref("territory.territoryid")
    }
  },
  address: {
    rows: 850,
    key: ["addressid"],
    columns: { addressid: serial(), line1: text("s"), postalcode: any(10_000, 99_999) }
  },
  addresstype: { rows: 6, key: ["addresstypeid"], columns: { addresstypeid: serial(), name } },
  partyaddress: {
    rows: 860,
    key: ["partyid", "addressid", "addresstypeid"],
    columns: {
      partyid: ref("party.partyid"),
      addressid: ref("address.addressid"),
      addresstypeid: ref("addresstype.addresstypeid", { share: 0.6 })
    }
  },
  shipmethod: { rows: 5, key: ["shipmethodid"], columns: { shipmethodid: serial(), name, shipbase: any(3, 30) } },
  unit: { rows: 38, key: ["unitcode"], columns: { unitcode: text("u"), name } },
  subcategory: { rows: 37, key: ["subcategoryid"], columns: { subcategoryid: serial(), name } },
  product: {
    rows: 500,
    key: ["productid"],
    columns: {
      productid: serial(1, 2),
      name,
      sizeunitcode: ref("unit.unitcode", { nulls: 0.6, share: 0.2 }),
      weightunitcode: ref("unit.unitcode", { nulls: 0.6, share: 0.2 }),
      subcategoryid: ref("subcategory.subcategoryid", { nulls: 0.4 }),
      safetystock: any(4, 1000)
    }
  },
  offer: { rows: 16, key: ["offerid"], columns: { offerid: serial(), description: name, minqty: any(0, 60) } },
  offerproduct: {
    rows: 530,
    key: ["offerid", "productid"],
    columns: { offerid: ref("offer.offerid"), productid: ref("product.productid") }
  },
  orderheader: {
    rows: 1500,
    key: ["orderid"],
    columns: {
      orderid: serial(43_659),
      clientid: ref("client.clientid"),
      sellerid: ref("seller.partyid", { nulls: 0.8 }),
      territoryid: ref("territory.territoryid"),
      billtoaddressid: ref("address.addressid"),
      shiptoaddressid: ref("address.addressid"),
      shipmethodid: ref("shipmethod.shipmethodid", { share: 0.4 }),
      revision: any(8, 9),
      status: any(1, 5)
    }
  },
  orderdetail: {
    rows: 4000,
    key: ["orderid", "orderdetailid"],
    together: [{ table: "offerproduct", columns: { offerid: "offerid", productid: "productid" } }],
    columns: { orderid: ref("orderheader.orderid"), orderdetailid: serial(), orderqty: any(1, 40) }
  },
  partsorder: {
    rows: 400,
    key: ["partsorderid"],
    columns: {
      partsorderid: serial(),
      workerid: ref("worker.partyid", { share: 0.1 }),
      supplierid: ref("supplier.partyid"),
      shipmethodid: ref("shipmethod.shipmethodid"),
      status: any(1, 4)
    }
  },
  assembly: {
    rows: 600,
    key: ["assemblyid"],
    columns: {
      assemblyid: serial(893),
      productassemblyid: ref("product.productid", { nulls: 0.1 }),
      componentid: ref("product.productid"),
      unitcode: ref("unit.unitcode", { share: 0.1 }),
      perassemblyqty: any(1, 40)
    }
  }
}

/** Natural keys: places called by name within what they lie in. */
export const PLACES: Tables = {
  realm: {
    rows: 60,
    key: ["code"],
    columns: { name: text("Realm "), code: text("R"), population: any(1000, 90_000_000), area: any(2, 17_000_000) }
  },
  province: {
    rows: 500,
    key: ["name", "realm"],
    columns: {
      name: text("Province "),
      realm: ref("realm.code"),
      population: any(1000, 9_000_000),
      area: any(2, 170_000)
    }
  },
  town: {
    rows: 1200,
    key: ["name", "realm", "province"],
    together: [{ table: "province", columns: { province: "name", realm: "realm" } }],
    columns: { name: text("Town "), population: any(1000, 9_000_000) }
  },
  guild: {
    rows: 90,
    key: ["abbreviation"],
    together: [{ table: "town", columns: { town: "name", realm: "realm", province: "province" }, nulls: 0.2 }],
    columns: { abbreviation: text("G"), name: text("Guild ") }
  },
  member: {
    rows: 900,
    key: ["realm", "guild"],
    columns: { realm: ref("realm.code"), guild: ref("guild.abbreviation"), kind: word("full", "observer") }
  },
  border: {
    rows: 150,
    key: ["realm1", "realm2"],
    columns: { realm1: ref("realm.code"), realm2: ref("realm.code"), length: any(1, 6000) }
  },
  economy: {
    rows: 60,
    key: ["realm"],
    columns: { realm: sameAs("realm.code"), product: any(100, 999_999), inflation: any(-3, 40) }
  },
  speech: {
    rows: 130,
    key: ["realm", "name"],
    columns: { realm: ref("realm.code"), name: word("a", "b", "c", "d", "e"), percentage: any(0, 100) }
  },
  pond: { rows: 100, key: ["name"], columns: { name: text("Pond "), depth: any(1, 1600) } },
  bay: { rows: 40, key: ["name"], columns: { name: text("Bay "), depth: any(1, 10_000) } },
  brook: {
    rows: 200,
    key: ["name"],
    columns: {
      name: text("Brook "),
      brook: ref("brook.name", { nulls: 0.5, share: 0.4 }),
      pond: ref("pond.name", { nulls: 0.8 }),
      bay: ref("bay.name", { nulls: 0.6 }),
      length: any(1, 6000)
    }
  },
  geo_brook: {
    rows: 600,
    key: ["brook", "realm", "province"],
    together: [{ table: "province", columns: { province: "name", realm: "realm" } }],
    columns: { brook: ref("brook.name") }
  },
  located: {
    rows: 500,
    together: [{ table: "town", columns: { town: "name", realm: "realm", province: "province" } }],
    columns: {
      brook: ref("brook.name", { nulls: 0.3 }),
      pond: ref("pond.name", { nulls: 0.8 }),
      bay: ref("bay.name", { nulls: 0.6 })
    }
  }
}

/** Codes and numbers as keys, and a link that others refer to as a whole. */
export const AIRLINE: Tables = {
  aircraft: {
    rows: 9,
    key: ["aircraft_code"],
    columns: { aircraft_code: text("7"), model: name, reach: any(1200, 11_000) }
  },
  airport: { rows: 104, key: ["airport_code"], columns: { airport_code: text("Y"), airport_name: name, city: name } },
  booking: { rows: 2000, key: ["book_ref"], columns: { book_ref: text("0"), total_amount: any(3000, 900_000) } },
  ticket: {
    rows: 3000,
    key: ["ticket_no"],
    columns: {
      ticket_no: text("00054"),
      book_ref: ref("booking.book_ref"),
      passenger_id: text("p"),
      passenger_name: name
    }
  },
  flight: {
    rows: 1500,
    key: ["flight_id"],
    columns: {
      flight_id: serial(),
      flight_no: text("PG"),
      departure_airport: ref("airport.airport_code"),
      arrival_airport: ref("airport.airport_code"),
      aircraft_code: ref("aircraft.aircraft_code", { share: 0.9 }),
      status: word("arrived", "late")
    }
  },
  seat: {
    rows: 300,
    key: ["aircraft_code", "seat_no"],
    columns: {
      aircraft_code: ref("aircraft.aircraft_code"),
      seat_no: word("1A", "1B", "2A", "2B", "3C", "9F"),
      fare: word("y", "c")
    }
  },
  ticket_flight: {
    rows: 4000,
    key: ["ticket_no", "flight_id"],
    columns: { ticket_no: ref("ticket.ticket_no"), flight_id: ref("flight.flight_id"), amount: any(3000, 90_000) }
  },
  boarding_pass: {
    rows: 2500,
    key: ["ticket_no", "flight_id"],
    together: [{ table: "ticket_flight", columns: { ticket_no: "ticket_no", flight_id: "flight_id" } }],
    columns: { boarding_no: any(1, 300), seat_no: word("1A", "1B", "2A", "2B", "3C", "9F") }
  }
}

/** Every convention, by what it is. */
export const CONVENTIONS: Readonly<Record<string, Tables>> = {
  "a warehouse of prefixed columns": WAREHOUSE,
  "folded names": FOLDED,
  "columns called as tables": ENCYCLOPEDIA,
  "chains of subtypes": SUBTYPES,
  "natural keys of places": PLACES,
  "codes and tickets": AIRLINE
}
