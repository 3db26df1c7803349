//! Edits of text.

use super::*;

fn edit(section: &str, option: &str, values: &[&str]) -> IniEdit {
    let given = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
    IniEdit {
        section: given(section),
        holding: Vec::new(),
        option: given(option),
        values: values.iter().map(|it| (*it).to_owned()).collect(),
        present: true,
        exclusive: true,
        spaces: true,
        ignore_spaces: false,
        bare: false,
        inactive: true,
    }
}

const DRINKS: &str =
    "# drinks\nhot = no\n\n[drinks]\n#fav = tea\nfav=beer\nfav = wine\n\n[ food ]\nfav = bread\n";

#[test]
fn the_first_line_of_the_option_takes_the_value() {
    let (after, done) = edit("drinks", "fav", &["lemonade"]).edited(DRINKS);
    insta::assert_snapshot!(after, @r"
    # drinks
    hot = no

    [drinks]
    fav = lemonade

    [ food ]
    fav = bread
    ");
    assert_eq!(done, "option changed");
    assert_eq!(
        edit("food", "fav", &["bread"]).edited(DRINKS),
        (DRINKS.to_owned(), "OK")
    );
}

#[test]
fn a_new_option_goes_behind_the_last_line_that_says_something() {
    let (after, done) = edit("drinks", "cold", &["a", "b"]).edited(DRINKS);
    insta::assert_snapshot!(after, @r"
    # drinks
    hot = no

    [drinks]
    #fav = tea
    fav=beer
    fav = wine
    cold = a
    cold = b

    [ food ]
    fav = bread
    ");
    assert_eq!(done, "option added");
    let (after, done) = edit("new", "a", &["1"]).edited("[old]");
    assert_eq!(
        (after.as_str(), done),
        ("[old]\n[new]\na = 1\n", "section and option added")
    );
}

#[test]
fn before_the_first_section_there_are_options_too() {
    let (after, _) = edit("", "hot", &["yes"]).edited(DRINKS);
    assert!(after.starts_with("# drinks\nhot = yes\n\n[drinks]"));
    let (after, _) = edit("", "a", &["1"]).edited("[old]\n");
    assert_eq!(after, "a = 1\n[old]\n");
}

#[test]
fn one_of_several_values_is_added_and_removed() {
    let more = IniEdit {
        exclusive: false,
        inactive: false,
        ..edit("drinks", "fav", &["wine", "gin"])
    };
    let (after, _) = more.edited(DRINKS);
    assert!(after.contains("#fav = tea\nfav=beer\nfav = wine\nfav = gin\n"));
    let less = IniEdit {
        present: false,
        ..more
    };
    let (after, done) = less.edited(&after);
    assert!(
        after.contains("#fav = tea\nfav=beer\n\n[ food ]"),
        "{after}"
    );
    assert_eq!(done, "option changed");
}

#[test]
fn a_section_goes_with_all_in_it() {
    let gone = IniEdit {
        present: false,
        ..edit("drinks", "", &[])
    };
    let (after, done) = gone.edited(DRINKS);
    assert_eq!(after, "# drinks\nhot = no\n\n[ food ]\nfav = bread\n");
    assert_eq!(done, "section removed");
    assert_eq!(gone.edited(&after).1, "OK");
}

#[test]
fn of_two_sections_the_one_that_holds_an_option_is_meant() {
    let peers = "[Peer]\nIp = 1\nKey = a\n[Peer]\nIp = 2\nKey = b\n";
    let second = IniEdit {
        holding: vec![Holding {
            option: "Ip".into(),
            values: vec!["2".into()],
        }],
        ..edit("Peer", "Key", &["c"])
    };
    let (after, _) = second.edited(peers);
    assert_eq!(after, "[Peer]\nIp = 1\nKey = a\n[Peer]\nIp = 2\nKey = c\n");
    let (after, _) = second.edited("");
    assert_eq!(after, "\n[Peer]\nIp = 2\nKey = c\n");
}

#[test]
fn an_option_may_have_no_value() {
    let bare = IniEdit {
        bare: true,
        ..edit("mysqld", "skip-name", &[])
    };
    let (after, _) = bare.edited("[mysqld]\n");
    assert_eq!(after, "[mysqld]\nskip-name\n");
    assert_eq!(bare.edited(&after).1, "OK");
}

#[test]
fn spaces_may_make_no_difference() {
    let lenient = IniEdit {
        ignore_spaces: true,
        ..edit("a", "b", &["c"])
    };
    assert_eq!(lenient.edited("[a]\nb=c\n").1, "OK");
    assert_eq!(
        edit("a", "b", &["c"]).edited("[a]\nb=c\n").0,
        "[a]\nb = c\n"
    );
}
