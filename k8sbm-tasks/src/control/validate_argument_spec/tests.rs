use crate::testing::plan;
use serde_json::json;

async fn said(arguments: &str) -> String {
    match plan("validate_argument_spec", arguments).await {
        Ok(plan) => plan.returns["msg"].as_str().unwrap().to_owned(),
        Err(error) => error.message,
    }
}

#[tokio::test]
async fn values_convert_as_those_of_modules() {
    let given = "provided_arguments: {port: '80', on: 'yes', names: 'a,b', more: 'k=v x=\"y z\"', size: 2M, rate: 1}";
    let spec = "argument_spec: {port: {type: int}, on: {type: bool}, names: {type: list, elements: str}, more: {type: dict}, size: {type: bytes}, rate: {type: float}}";
    assert_eq!(
        said(&format!("{spec}\n{given}")).await,
        "The arg spec validation passed"
    );
    let given =
        "provided_arguments: {port: a, on: maybe, names: {}, more: x, size: many, rate: [1]}";
    insta::assert_snapshot!(said(&format!("{spec}\n{given}")).await, @r#"
    Validation of arguments failed:
    argument 'port' is of type str and we were unable to convert to int: "'a'" cannot be converted to an int
    argument 'on' is of type str and we were unable to convert to bool: The value 'maybe' is not a valid boolean.
    argument 'names' is of type dict and we were unable to convert to list: <class 'dict'> cannot be converted to a list
    argument 'more' is of type str and we were unable to convert to dict: dictionary requested, could not parse JSON or key=value
    argument 'size' is of type str and we were unable to convert to bytes: <class 'str'> cannot be converted to a Byte value
    argument 'rate' is of type list and we were unable to convert to float: <class 'list'> cannot be converted to a float
    "#);
}

#[tokio::test]
async fn names_choices_and_dictionaries_are_checked() {
    insta::assert_snapshot!(said(r#"
argument_spec:
  mode: {choices: [vxlan, host-gw]}
  zones: {type: list, elements: str, choices: [a, b]}
  state: {choices: ["on", "off"]}
  needed: {required: true}
  disks:
    type: list
    elements: dict
    mutually_exclusive: [[path, label]]
    required_one_of: [[path, label]]
    required_together: [[label, kind]]
    required_if: [[kind, raid, [level, spare], true]]
    required_by: {spare: [level]}
    options:
      path: {type: path, aliases: [device]}
      label: {}
      kind: {}
      level: {type: int}
      spare: {}
provided_arguments:
  mode: ipip
  zones: [a, c]
  state: true
  disks:
    - {device: /dev/sda, label: x}
    - {kind: raid}
    - {path: /dev/sdb, spare: /dev/sdc, level: high, size: 1}
    - none
"#).await, @r#"
Validation of arguments failed:
missing required arguments: needed
Elements value for option 'disks' is of type str and we were unable to convert to dict: dictionary requested, could not parse JSON or key=value
value of mode must be one of: vxlan, host-gw, got: ipip
value of zones must be one or more of: a, b. Got no match for: c
parameters are mutually exclusive: path|label found in disks
parameters are required together: label, kind found in disks
parameters are required together: label, kind found in disks
one of the following is required: path, label found in disks
kind is raid but any of the following are missing: level, spare found in disks
argument 'level' is of type str found in 'disks'. and we were unable to convert to int: "'high'" cannot be converted to an int
value of 'disks' must be of type dict or list of dicts
disks.size. Supported parameters include: kind, label, level, path, spare (device).
"#);
}

#[tokio::test]
async fn what_fails_says_all_of_it() {
    let arguments = "{argument_spec: {port: {type: int, required: true}}, validate_args_context: {type: role, name: web}}";
    let error = plan("validate_argument_spec", arguments).await.unwrap_err();
    assert_eq!(
        error.returns["argument_errors"],
        json!(["missing required arguments: port"])
    );
    assert_eq!(
        error.returns["argument_spec_data"],
        json!({"port": {"type": "int", "required": true}})
    );
    assert_eq!(error.returns["validate_args_context"]["name"], "web");
}
