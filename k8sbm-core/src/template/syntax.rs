//! Walking the syntax tree of a template.

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

/// What is seen on a walk.
pub(super) enum Seen<'t, 's> {
    /// An expression.
    Expr(&'t Expr<'s>),
    /// A name the template itself sets.
    Bound(&'s str),
    /// What a name is set to.
    Set(&'t Expr<'s>),
}

/// Shows every expression and every name that is set, outer ones first.
pub(super) fn walk<'t, 's>(stmt: &'t Stmt<'s>, see: &mut impl FnMut(Seen<'t, 's>)) {
    let all = |body: &'t [Stmt<'s>], see: &mut _| body.iter().for_each(|stmt| walk(stmt, see));
    match stmt {
        Stmt::Template(template) => all(&template.children, see),
        Stmt::EmitExpr(emit) => walk_expr(&emit.expr, see),
        Stmt::ForLoop(each) => {
            bind(&each.target, see);
            walk_expr(&each.iter, see);
            each.filter_expr
                .iter()
                .for_each(|expr| walk_expr(expr, see));
            all(&each.body, see);
            all(&each.else_body, see);
        }
        Stmt::IfCond(cond) => {
            walk_expr(&cond.expr, see);
            all(&cond.true_body, see);
            all(&cond.false_body, see);
        }
        Stmt::WithBlock(with) => {
            for (target, expr) in &with.assignments {
                bind(target, see);
                walk_expr(expr, see);
            }
            all(&with.body, see);
        }
        Stmt::Set(set) => {
            bind(&set.target, see);
            see(Seen::Set(&set.expr));
            walk_expr(&set.expr, see);
        }
        Stmt::SetBlock(set) => {
            bind(&set.target, see);
            set.filter.iter().for_each(|expr| walk_expr(expr, see));
            all(&set.body, see);
        }
        Stmt::AutoEscape(escape) => all(&escape.body, see),
        Stmt::FilterBlock(filter) => {
            walk_expr(&filter.filter, see);
            all(&filter.body, see);
        }
        Stmt::Block(block) => all(&block.body, see),
        Stmt::Import(import) => {
            bind(&import.name, see);
            walk_expr(&import.expr, see);
        }
        Stmt::FromImport(import) => {
            walk_expr(&import.expr, see);
            for (name, alias) in &import.names {
                bind(alias.as_ref().unwrap_or(name), see);
            }
        }
        Stmt::Extends(extends) => walk_expr(&extends.name, see),
        Stmt::Include(include) => walk_expr(&include.name, see),
        Stmt::Macro(item) => walk_macro(item, see),
        Stmt::CallBlock(block) => {
            walk_expr(&block.call.expr, see);
            block
                .call
                .args
                .iter()
                .for_each(|arg| walk_expr(argument(arg), see));
            walk_macro(&block.macro_decl, see);
        }
        Stmt::Do(call) => {
            walk_expr(&call.call.expr, see);
            call.call
                .args
                .iter()
                .for_each(|arg| walk_expr(argument(arg), see));
        }
        Stmt::EmitRaw(_) | Stmt::Continue(_) | Stmt::Break(_) => {}
    }
}

fn walk_macro<'t, 's>(
    item: &'t minijinja::machinery::ast::Macro<'s>,
    see: &mut impl FnMut(Seen<'t, 's>),
) {
    see(Seen::Bound(item.name));
    item.args.iter().for_each(|arg| bind(arg, see));
    item.defaults.iter().for_each(|expr| walk_expr(expr, see));
    item.body.iter().for_each(|stmt| walk(stmt, see));
}

fn bind<'t, 's>(target: &'t Expr<'s>, see: &mut impl FnMut(Seen<'t, 's>)) {
    match target {
        Expr::Var(var) => see(Seen::Bound(var.id)),
        Expr::List(list) => list.items.iter().for_each(|item| bind(item, see)),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| bind(item, see)),
        _ => {}
    }
}

/// Shows an expression and everything in it.
pub(super) fn walk_expr<'t, 's>(expr: &'t Expr<'s>, see: &mut impl FnMut(Seen<'t, 's>)) {
    see(Seen::Expr(expr));
    children(expr, &mut |child| walk_expr(child, see));
}

/// Shows the parts of an expression, from left to right.
pub(super) fn children<'t, 's>(expr: &'t Expr<'s>, show: &mut dyn FnMut(&'t Expr<'s>)) {
    match expr {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::Slice(slice) => {
            show(&slice.expr);
            [&slice.start, &slice.stop, &slice.step]
                .into_iter()
                .flatten()
                .for_each(show);
        }
        Expr::UnaryOp(op) => show(&op.expr),
        Expr::BinOp(op) => [&op.left, &op.right].into_iter().for_each(show),
        Expr::Compare(compare) => {
            show(&compare.expr);
            compare.ops.iter().for_each(|op| show(&op.expr));
        }
        Expr::IfExpr(branch) => {
            show(&branch.true_expr);
            show(&branch.test_expr);
            branch.false_expr.iter().for_each(show);
        }
        Expr::Filter(filter) => {
            filter.expr.iter().for_each(&mut *show);
            filter.args.iter().for_each(|arg| show(argument(arg)));
        }
        Expr::Test(test) => {
            show(&test.expr);
            test.args.iter().for_each(|arg| show(argument(arg)));
        }
        Expr::GetAttr(attr) => show(&attr.expr),
        Expr::GetItem(item) => [&item.expr, &item.subscript_expr]
            .into_iter()
            .for_each(show),
        Expr::Call(call) => {
            show(&call.expr);
            call.args.iter().for_each(|arg| show(argument(arg)));
        }
        Expr::List(list) => list.items.iter().for_each(show),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(show),
        Expr::Map(map) => map.keys.iter().zip(&map.values).for_each(|(key, value)| {
            show(key);
            show(value);
        }),
    }
}

/// The expression of an argument.
pub(super) fn argument<'t, 's>(arg: &'t CallArg<'s>) -> &'t Expr<'s> {
    match arg {
        CallArg::Pos(expr)
        | CallArg::Kwarg(_, expr)
        | CallArg::PosSplat(expr)
        | CallArg::KwargSplat(expr) => expr,
    }
}

/// Where an expression begins: the spans of chains begin at their last link.
pub(super) fn start(expr: &Expr<'_>) -> usize {
    let mut first = expr.span().start_offset as usize;
    if let Expr::Filter(_) | Expr::Test(_) | Expr::Compare(_) | Expr::IfExpr(_) | Expr::BinOp(_) =
        expr
    {
        first = usize::MAX;
    }
    children(expr, &mut |child| first = first.min(start(child)));
    first.min(expr.span().end_offset as usize)
}

/// Where an expression ends.
pub(super) fn end(expr: &Expr<'_>) -> usize {
    expr.span().end_offset as usize
}
