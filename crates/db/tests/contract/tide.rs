use dossier_domain::TideMark;

use crate::fixture::{Fixture, at};

fn mark(n: u8) -> TideMark {
    TideMark::from_bytes([n; 16])
}

#[tokio::test]
async fn a_new_mark_forgets_those_older_than_the_stored_one_and_no_others() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.db.list_tide_marks().await, Ok(Vec::new()));
    for (new, stored) in [(9, None), (8, Some(mark(9))), (7, Some(mark(9)))] {
        fixture.db.insert_tide_mark(mark(new), stored, at(0)).await.unwrap();
    }
    assert_eq!(fixture.db.list_tide_marks().await, Ok(vec![mark(9), mark(8), mark(7)]));
    fixture.db.insert_tide_mark(mark(6), Some(mark(7)), at(1)).await.unwrap();
    assert_eq!(fixture.db.list_tide_marks().await, Ok(vec![mark(7), mark(6)]));
    fixture.db.insert_tide_mark(mark(5), Some(mark(1)), at(2)).await.unwrap();
    assert_eq!(fixture.db.list_tide_marks().await, Ok(vec![mark(7), mark(6), mark(5)]));
}
