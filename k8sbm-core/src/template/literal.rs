//! Text that is written like a value of Python's, which ansible-core up to 2.18 reads as one.

use crate::value::{Dict, Value};
use minijinja::{
    machinery::{
        ast::{Expr, UnaryOpKind},
        parse_expr,
    },
    value::Tuple,
};

/// The list, mapping or boolean that a text is written like.
pub(super) fn read(text: &str) -> Option<Value> {
    match text.trim() {
        "True" => Some(Value::from(true)),
        "False" => Some(Value::from(false)),
        _ if text.starts_with(['[', '{']) => value(&parse_expr(text.trim()).ok()?),
        _ => None,
    }
}

fn value(expr: &Expr<'_>) -> Option<Value> {
    match expr {
        Expr::Const(constant) => Some(constant.value.clone()),
        Expr::Var(var) if var.id == "null" => Some(Value::from(())),
        Expr::UnaryOp(op) if matches!(op.op, UnaryOpKind::Neg) => expr.as_const(),
        Expr::List(list) => list
            .items
            .iter()
            .map(value)
            .collect::<Option<Vec<_>>>()
            .map(Value::from),
        Expr::Tuple(tuple) => tuple
            .items
            .iter()
            .map(value)
            .collect::<Option<Vec<_>>>()
            .map(|items| Value::from(Tuple::from(items))),
        Expr::Map(map) => {
            let pairs = map
                .keys
                .iter()
                .zip(&map.values)
                .map(|(key, item)| Some((value(key)?, value(item)?)));
            pairs.collect::<Option<Dict>>().map(Value::from_object)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::value::python_repr;

    #[test]
    fn only_whole_values_are_read() {
        let shown = [
            "[1, 'a', [none, -2]]",
            "{'a': {\"b\": true}}",
            "True",
            "[a]",
            "[10.0.0.0/8]",
            "{{ x }}",
            "text",
            "5",
            "[1] x",
        ]
        .map(|text| read(text).map_or_else(|| "text".to_owned(), |value| python_repr(&value)));
        insta::assert_snapshot!(shown.join("\n"), @r#"
            [1, 'a', [None, -2]]
            {'a': {'b': True}}
            True
            text
            text
            text
            text
            text
            text
            "#);
    }
}
