//! `GET /v1/files`: filters, order, pages, and cursors that nobody can make up.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Service, document, form, json_of, pretty};

/// Uploads reports and passports in turn, a second apart; their ids, oldest first.
async fn filled(service: &Service, files: usize) -> Vec<String> {
    let photo = document("image/png").bytes;
    let mut ids = Vec::new();
    for n in 0..files {
        let form = if n % 2 == 0 {
            form("verification_report", "report.json", "", &json_of(20 + n))
        } else {
            form("passport", "passport.png", "", &photo)
        };
        ids.push(service.upload(&form).await.id());
        service.clock.advance(Duration::from_secs(1));
    }
    ids
}

async fn listed(service: &Service, query: &str) -> Vec<String> {
    let answer = service.get(&format!("/v1/files{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.brief());
    ids_of(&answer.json())
}

fn ids_of(page: &serde_json::Value) -> Vec<String> {
    let files = page["data"].as_array().unwrap();
    files.iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_empty_list_has_no_next() {
    let service = Service::start().await;
    let answer = service.get("/v1/files").await;
    assert_eq!(answer.json(), json!({"data": [], "meta": {}}));
}

#[tokio::test]
async fn the_newest_come_first_and_the_oldest_when_asked() {
    let service = Service::start().await;
    let mut ids = filled(&service, 4).await;
    assert_eq!(listed(&service, "?order=asc").await, ids);
    ids.reverse();
    assert_eq!(listed(&service, "").await, ids);
    assert_eq!(listed(&service, "?order=desc").await, ids);
}

/// Rows know microseconds, and clients only the seconds that they were shown.
#[tokio::test]
async fn a_time_that_was_shown_divides_a_list_by_what_is_shown() {
    let service = Service::start().await;
    service.clock.advance(Duration::from_millis(500));
    let ids = filled(&service, 3).await;
    let second = service.get(&format!("/v1/files/{}", ids[1])).await.json();
    let shown = second["data"]["created_at"].as_str().unwrap().replace('+', "%2B");
    assert_eq!(listed(&service, &format!("?created_after={shown}")).await, ids[2..]);
    assert_eq!(listed(&service, &format!("?created_before={shown}")).await, ids[..1]);
    // A fraction of a second lies behind all that is shown as that second.
    let later = shown.replace("%2B", ".25%2B");
    assert_eq!(listed(&service, &format!("?created_after={later}")).await, ids[2..]);
    let before = listed(&service, &format!("?created_before={later}&order=asc")).await;
    assert_eq!(before, ids[..2]);
}

#[tokio::test]
async fn an_entry_of_a_list_is_the_file_as_it_is_read_alone() {
    let service = Service::start().await;
    let id = filled(&service, 2).await.pop().unwrap();
    let alone = service.get(&format!("/v1/files/{id}")).await.json();
    assert_eq!(service.get("/v1/files?size=1").await.json()["data"][0], alone["data"]);
    assert_snapshot!(pretty(&alone), @r#"
    {
      "data": {
        "created_at": "2026-07-20T08:14:21+00:00",
        "facts": {
          "height": 3,
          "width": 4
        },
        "id": "019f7e97-1f48-7952-8562-0043c7149b19",
        "name": "passport.png",
        "purpose": "passport",
        "sha256": "9864fe5ac8f86a93618a6b510a20ada4b7ee7cf143b6fd89e6e0800bf69e890d",
        "size": 68,
        "status": "ready",
        "type": "image/png",
        "url": "/v1/files/019f7e97-1f48-7952-8562-0043c7149b19/contents",
        "warnings": []
      }
    }
    "#);
}

#[tokio::test]
async fn filters_join() {
    let service = Service::start().await;
    let ids = filled(&service, 6).await;
    let of = |places: &[usize]| places.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>();
    let user = "0198c0de-1111-7222-8333-444455556666";
    for (query, places) in [
        ("?purpose=passport", vec![5, 3, 1]),
        ("?purpose=other", vec![]),
        ("?status=ready", vec![5, 4, 3, 2, 1, 0]),
        ("?status=processing", vec![]),
        ("?status=rejected&order=asc", vec![]),
        ("?purpose=passport&status=ready&order=asc", vec![1, 3, 5]),
        (&format!("?user_id={user}"), vec![]),
        ("?created_after=2026-07-20T08:14:22Z", vec![5, 4, 3]),
        ("?created_before=2026-07-20T08:14:22Z", vec![1, 0]),
        (
            "?created_after=2026-07-20T08:14:20%2B00:00&created_before=2026-07-20T08:14:23Z",
            vec![2, 1],
        ),
        ("?created_after=2026-07-20T10:14:23%2B02:00&purpose=passport", vec![5]),
        ("?size=2", vec![5, 4]),
        ("?size=100", vec![5, 4, 3, 2, 1, 0]),
    ] {
        assert_eq!(listed(&service, query).await, of(&places), "{query}");
    }
}

#[tokio::test]
async fn a_walk_over_the_pages_sees_every_file_once() {
    let service = Service::start().await;
    let ids = filled(&service, 7).await;
    for (order, size) in [("asc", 1), ("asc", 3), ("desc", 2), ("desc", 7), ("asc", 50)] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/v1/files?order={order}&size={size}{after}");
            let page = service.get(&path).await.json();
            seen.extend(ids_of(&page));
            let Some(next) = page["meta"]["next"].as_str() else { break };
            assert!(next.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)));
            after = format!("&after={next}");
        }
        if order == "desc" {
            seen.reverse();
        }
        assert_eq!(seen, ids, "{order} {size}");
    }
}

#[tokio::test]
async fn files_that_come_during_a_walk_disturb_it_not() {
    let service = Service::start().await;
    let ids = filled(&service, 4).await;
    let first = service.get("/v1/files?size=2").await.json();
    let next = first["meta"]["next"].as_str().unwrap().to_owned();
    filled(&service, 2).await;
    assert_eq!(service.delete(&format!("/v1/files/{}", ids[2])).await.status.as_u16(), 204);
    let rest = listed(&service, &format!("?size=2&after={next}")).await;
    assert_eq!(rest, [ids[1].clone(), ids[0].clone()]);
}

#[tokio::test]
async fn a_cursor_serves_its_own_list_only() {
    let service = Service::start().await;
    filled(&service, 4).await;
    let page = service.get("/v1/files?size=1").await.json();
    let next = page["meta"]["next"].as_str().unwrap().to_owned();
    let flipped = |at: usize| {
        let mut bytes = next.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    };
    let mut made_up = vec![String::new(), "x".into(), "0".repeat(64), format!("{next}0")];
    made_up.extend((0..next.len()).map(flipped));
    made_up.push(next[1..].to_owned());
    made_up.push("%F0%9F%92%A9".repeat(8));
    for cursor in &made_up {
        let answer = service.get(&format!("/v1/files?size=1&after={cursor}")).await;
        assert_eq!(answer.brief(), "400 request.cursor", "{cursor}");
    }
    for filter in ["&order=asc", "&purpose=passport", "&status=ready"] {
        let answer = service.get(&format!("/v1/files?after={next}{filter}")).await;
        assert_eq!(answer.brief(), "400 request.cursor", "{filter}");
    }
    let stranger = service.key_of("stranger", "files:read").await;
    let path = format!("/v1/files?size=1&after={next}");
    let request = service.request_by(&stranger, Method::GET, &path);
    let answer = service.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_snapshot!(answer.whole(), @r#"
    400
    {
      "code": "request.cursor",
      "detail": "The cursor was not made for this list.",
      "errors": [
        {
          "code": "request.cursor",
          "detail": "The cursor was not made for this list.",
          "retryable": false,
          "status": 400,
          "title": "Cursor or page size not valid",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Cursor or page size not valid",
      "type": "/docs/errors#request.cursor"
    }
    "#);
    // The size of a page may change on the way.
    assert_eq!(listed(&service, &format!("?size=2&after={next}")).await.len(), 2);
}

#[tokio::test]
async fn malformed_parameters_are_refused() {
    let service = Service::start().await;
    for (query, code) in [
        ("size=0", "request.cursor"),
        ("size=101", "request.cursor"),
        ("size=abc", "request.cursor"),
        ("size=-1", "request.cursor"),
        ("size=256", "request.cursor"),
        ("size=", "request.cursor"),
        ("page=2", "request.malformed"),
        ("Size=2", "request.malformed"),
        ("size=1&size=2", "request.malformed"),
        ("purpose=nonsense", "request.malformed"),
        ("purpose=", "request.malformed"),
        ("status=Ready", "request.malformed"),
        ("order=up", "request.malformed"),
        ("user_id=7", "request.malformed"),
        ("created_after=yesterday", "request.malformed"),
        ("created_after=2026-07-20T08:14:20+00:00", "request.malformed"),
        ("created_before=2026-07-20", "request.malformed"),
        ("purpose=%ff", "request.malformed"),
        ("purpose=%", "request.malformed"),
        ("access_token=x", "request.malformed"),
    ] {
        let answer = service.get(&format!("/v1/files?{query}")).await;
        assert_eq!(answer.brief(), format!("400 {code}"), "{query}");
    }
}

#[tokio::test]
async fn a_refused_parameter_is_told_what_would_do() {
    let service = Service::start().await;
    assert_snapshot!(service.get("/v1/files?page=2").await.whole(), @r#"
    400
    {
      "code": "request.malformed",
      "detail": "The query parameters of this route are `purpose`, `status`, `user_id`,
    `created_after`, `created_before`, `size`, `after`, `order`.",
      "errors": [
        {
          "code": "request.malformed",
          "detail": "The query parameters of this route are `purpose`, `status`, `user_id`,
    `created_after`, `created_before`, `size`, `after`, `order`.",
          "retryable": false,
          "status": 400,
          "title": "Malformed request",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Malformed request",
      "type": "/docs/errors#request.malformed"
    }
    "#);
    assert_snapshot!(service.get("/v1/files?size=101").await.whole(), @r#"
    400
    {
      "code": "request.cursor",
      "detail": "The query parameter `size` takes a number from 1 to 100.",
      "errors": [
        {
          "code": "request.cursor",
          "detail": "The query parameter `size` takes a number from 1 to 100.",
          "retryable": false,
          "status": 400,
          "title": "Cursor or page size not valid",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Cursor or page size not valid",
      "type": "/docs/errors#request.cursor"
    }
    "#);
}

#[tokio::test]
async fn a_list_holds_the_files_of_its_client_only() {
    let service = Service::start().await;
    filled(&service, 2).await;
    let stranger = service.key_of("stranger", "files:read").await;
    let request = service.request_by(&stranger, Method::GET, "/v1/files");
    let answer = service.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.json(), json!({"data": [], "meta": {}}));
}
