//! What dual-write brings to Dataverse: plug-in steps, companies and runtime configurations. The tables
//! of the last two are there only while their packages are; that is for the caller to see.

use super::{
    dataverse::{table, table_like},
    dataverse_teams::default_team,
};
use crate::sim::{
    ids,
    odata::{Navigation, Table},
    scenario::{Company, Environment},
    world::World,
};
use crate::wire::dataverse::{OWNING_TEAM, PLUGIN_ASSEMBLIES};
use serde_json::{Value, json};

const PLUGIN_TYPE: [Navigation; 1] =
    [Navigation { name: "plugintypeid", key: "plugintypeid", columns: &["plugintypeid", "typename", "assemblyname"] }];

/// Assembly, type and name of the steps of dual-write.
const STEPS: [(&str, &str, &str); 5] = [
    (PLUGIN_ASSEMBLIES[0], "PreEntityMapUpdate", "Update of msdyn_dualwriteentitymap"),
    (PLUGIN_ASSEMBLIES[0], "PostEntityMapCreate", "Create of msdyn_dualwriteentitymap"),
    (PLUGIN_ASSEMBLIES[1], "PostCommitPlugin", "Create of any Entity"),
    (PLUGIN_ASSEMBLIES[1], "PostCommitPlugin", "Update of any Entity"),
    (PLUGIN_ASSEMBLIES[1], "PostCommitPlugin", "Delete of any Entity"),
];

/// The plug-in steps: one of the platform, and those of the core solution where it is installed.
pub fn plugin_steps(environment: &Environment) -> Table<'static> {
    let own = step(environment, ("Microsoft.Crm.ObjectModel", "InternalOperationPlugin", "Internal operation"), true);
    let steps = if environment.core_version().is_some() { STEPS.as_slice() } else { &[] };
    let steps = steps.iter().map(|about| step(environment, *about, !environment.contents.disabled_plugin_steps));
    table("sdkmessageprocessingstepid", &PLUGIN_TYPE, std::iter::once(own).chain(steps).collect())
}

fn step(environment: &Environment, (assembly, kind, about): (&str, &str, &str), is_enabled: bool) -> Value {
    let typename = format!("{assembly}.{kind}");
    let kind = ids::of(&["plug-in type", &environment.name, &typename]);
    json!({
        "@odata.etag": "W/\"501\"",
        "sdkmessageprocessingstepid": ids::of(&["plug-in step", &environment.name, &typename, about]),
        "name": format!("{typename}: {about}"),
        "statecode": i32::from(!is_enabled),
        "statuscode": if is_enabled { 1 } else { 2 },
        "_plugintypeid_value": kind,
        "plugintypeid": {"plugintypeid": kind, "typename": typename, "assemblyname": assembly},
    })
}

/// The companies: what the scenario says, or those of the finance and operations that is linked to
/// this Dataverse.
pub fn companies(world: &World, place: usize) -> Table<'static> {
    let environment = &world.environments[place];
    let brought = || {
        let linked = world.linked_to(place).flat_map(|(linked, _)| &linked.legal_entities);
        let mut companies: Vec<Company> = Vec::new();
        for entity in linked {
            if !companies.iter().any(|own| own.code == entity.id) {
                companies.push(Company { code: entity.id.clone(), name: entity.name.clone(), owning_team: true });
            }
        }
        companies
    };
    let companies = environment.contents.companies.clone().unwrap_or_else(brought);
    let rows = companies.iter().enumerate().map(|(number, company)| row_of(environment, number, company)).collect();
    let sample = Company { code: String::new(), name: String::new(), owning_team: true };
    table_like("cdm_companyid", &[], rows, row_of(environment, 0, &sample))
}

fn row_of(environment: &Environment, number: usize, company: &Company) -> Value {
    let mut row = json!({
        "@odata.etag": "W/\"601\"",
        "cdm_companyid": ids::of(&["company", &environment.name, &company.code, &number.to_string()]),
        "cdm_companycode": company.code,
        // An empty text is stored as none.
        "cdm_name": Some(&company.name).filter(|name| !name.is_empty()),
        "cdm_isenabledfordualwrite": true,
    });
    row[OWNING_TEAM] = company.owning_team.then(|| default_team(environment)).into();
    row
}

/// The runtime configurations: as many as the scenario says, or one for each running map of a link to
/// this Dataverse.
pub fn runtime_configurations(world: &World, place: usize) -> Table<'static> {
    let environment = &world.environments[place];
    let maps = world.linked_to(place).flat_map(|(_, link)| &link.maps).filter(|map| map.is_running());
    let brought = || maps.map(|map| map.name.clone()).collect();
    let left = |count: u32| (1..=count).map(|number| format!("Map {number}")).collect();
    let names: Vec<String> = environment.contents.runtime_configurations.map_or_else(brought, left);
    let row = |number: usize, name: &str| {
        json!({
            "@odata.etag": "W/\"701\"",
            "msdyn_dualwriteruntimeconfigid":
                ids::of(&["runtime configuration", &environment.name, name, &number.to_string()]),
            "msdyn_internalentityname": name.to_lowercase(),
            "msdyn_externalentityname": name,
            "statecode": 0,
        })
    };
    let rows = names.iter().enumerate().map(|(number, name)| row(number, name)).collect();
    table_like("msdyn_dualwriteruntimeconfigid", &[], rows, row(0, ""))
}
