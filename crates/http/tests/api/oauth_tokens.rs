//! Tokens from their first day to their last: issued, used, refreshed, replayed, revoked, reaped.

use std::time::Duration;

use axum::http::{Method, Request};
use dossier_app::{Operator, RotateSecret};
use insta::assert_snapshot;

use crate::support::oauth::{OAuthClient, Tokens, list_with, refusal, steady};
use crate::support::{BOUNDARY, Body, Service, form, json_of, pretty};

/// Longer than any answer of the database is believed.
const BELIEVED: Duration = Duration::from_millis(600);

#[tokio::test]
async fn a_secret_gets_a_pair_of_tokens_and_only_their_hashes_are_stored() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read,files:write").await;
    let answer = client.ask(&service, "grant_type=client_credentials").await;
    assert_snapshot!(pretty(&steady(&answer)), @r#"
    {
      "access_token": "dsa_…",
      "expires_in": 600,
      "refresh_expires_in": 86400,
      "refresh_token": "dsr_…",
      "scope": "files:write files:read",
      "token_type": "Bearer"
    }
    "#);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    let tokens = Tokens::of(&answer);
    assert_eq!(list_with(&service, &tokens.access).await, 200);
    assert_eq!((service.rows("grants"), service.rows("token_pairs")), (1, 1));
    let stored = std::fs::read(service.database()).unwrap();
    let log = std::fs::read(service.database().with_extension("db-wal")).unwrap();
    for secret in [&tokens.access, &tokens.refresh, &client.secret] {
        let random = &secret.as_bytes()[8..];
        for bytes in [&stored, &log] {
            assert!(!bytes.windows(random.len()).any(|window| window == random));
        }
    }
    assert!(!crate::support::logged().contains(&tokens.access[8..]));
    assert!(!crate::support::logged().contains(&client.secret[8..]));
}

#[tokio::test]
async fn an_access_token_does_what_a_key_does_and_no_more_than_its_scopes() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read,files:write").await;
    let tokens = client.tokens(&service).await;
    let head = service
        .request_by(&tokens.access, Method::POST, "/v1/files")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    let report = form("verification_report", "a.json", "", &json_of(30)).build();
    let id = service.send_body(head, report).await.id();
    // The key of the same client sees the file; the token may not delete it.
    let key = service.key_of("partner", "files:read").await;
    let path = format!("/v1/files/{id}");
    let send = async |token: &str, method| {
        let request = service.request_by(token, method, &path);
        service.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    assert_eq!(send(&key, Method::GET).await.status, 200);
    assert_eq!(send(&tokens.access, Method::DELETE).await.brief(), "403 auth.scope");
    assert_eq!(send(&service.key, Method::GET).await.brief(), "404 file.not_found");
    for wrong in [&tokens.refresh, &client.secret, &format!("{}0", tokens.access)] {
        assert_eq!(list_with(&service, wrong).await, 401);
    }
    // No kind is taken for another.
    for prefix in ["dsk_", "dsr_", "dss_"] {
        let disguised = tokens.access.replace("dsa_", prefix);
        assert_eq!(list_with(&service, &disguised).await, 401);
    }
    service.assert_stored(1);
}

#[tokio::test]
async fn scopes_are_narrowed_on_request_and_never_widened() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read,files:write").await;
    let narrow = "grant_type=client_credentials&scope=files:write";
    let answer = client.ask(&service, narrow).await;
    assert_eq!(answer.json()["scope"], "files:write");
    let tokens = Tokens::of(&answer);
    assert_eq!(list_with(&service, &tokens.access).await, 403);
    for scope in ["files:read", "files:write files:read", "admin", "nonsense"] {
        let form = format!(
            "grant_type=refresh_token&refresh_token={}&scope={}",
            tokens.refresh,
            scope.replace(' ', "+")
        );
        assert_eq!(refusal(&client.ask(&service, &form).await), "400 invalid_scope", "{scope}");
    }
    // What was refused did not use the refresh token up, and a narrow access token leaves the
    // family as it was.
    let wide = Tokens::of(&client.ask(&service, "grant_type=client_credentials").await);
    let form = format!("grant_type=refresh_token&refresh_token={}&scope=files:read", wide.refresh);
    let narrowed = client.ask(&service, &form).await;
    assert_eq!(narrowed.json()["scope"], "files:read");
    let again = client.refresh(&service, &Tokens::of(&narrowed).refresh).await;
    assert_eq!(again.json()["scope"], "files:write files:read");
    assert_eq!(client.refresh(&service, &tokens.refresh).await.json()["scope"], "files:write");
    // A secret with fewer scopes gets no more out of the family than it has.
    let reader = OAuthClient::new(&service, "partner", "files:read").await;
    let wide = Tokens::of(&again);
    let lesser = reader.refresh(&service, &wide.refresh).await;
    assert_eq!(lesser.json()["scope"], "files:read");
    let remover = OAuthClient::new(&service, "partner", "files:delete").await;
    let none = remover.refresh(&service, &Tokens::of(&lesser).refresh).await;
    assert_eq!(refusal(&none), "400 invalid_scope");
}

#[tokio::test]
async fn a_refreshed_pair_replaces_the_refresh_token_and_not_the_access_token() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let first = client.tokens(&service).await;
    let second = Tokens::of(&client.refresh(&service, &first.refresh).await);
    assert_ne!(first.access, second.access);
    assert_ne!(first.refresh, second.refresh);
    for access in [&first.access, &second.access] {
        assert_eq!(list_with(&service, access).await, 200);
    }
    assert_eq!((service.rows("grants"), service.rows("token_pairs")), (1, 2));
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_its_whole_family_and_no_other() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let other = client.tokens(&service).await;
    let first = client.tokens(&service).await;
    let second = Tokens::of(&client.refresh(&service, &first.refresh).await);
    let third = Tokens::of(&client.refresh(&service, &second.refresh).await);
    assert_eq!(list_with(&service, &third.access).await, 200);
    assert_snapshot!(client.refresh(&service, &first.refresh).await.whole(), @r#"
    400
    {
      "error": "invalid_grant",
      "error_description": "The refresh token is unknown, expired, used, revoked or of
    another client."
    }
    "#);
    for refresh in [&third.refresh, &second.refresh, &first.refresh] {
        assert_eq!(refusal(&client.refresh(&service, refresh).await), "400 invalid_grant");
    }
    tokio::time::sleep(BELIEVED).await;
    for access in [&first.access, &second.access, &third.access] {
        assert_eq!(list_with(&service, access).await, 401);
    }
    assert_eq!(list_with(&service, &other.access).await, 200);
    Tokens::of(&client.refresh(&service, &other.refresh).await);
    assert_eq!(service.rows("token_pairs"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_refreshes_at_the_same_moment_one_wins() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let first = client.tokens(&service).await;
    let asked = (0..8).map(|_| client.refresh(&service, &first.refresh));
    let answers = futures_util::future::join_all(asked).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for answer in lost {
        assert_eq!(refusal(answer), "400 invalid_grant");
    }
    assert_eq!(service.rows("token_pairs"), 2);
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_unknown_and_stays_as_it_was() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let stranger = OAuthClient::new(&service, "stranger", "files:read").await;
    let tokens = client.tokens(&service).await;
    let unknown = client.refresh(&service, &format!("dsr_{}", "0".repeat(64))).await;
    let theirs = stranger.refresh(&service, &tokens.refresh).await;
    assert_eq!(refusal(&theirs), "400 invalid_grant");
    assert_eq!(theirs.body, unknown.body);
    Tokens::of(&client.refresh(&service, &tokens.refresh).await);
    // Not even a used one says more to a stranger, or ends anything.
    let theirs = stranger.refresh(&service, &tokens.refresh).await;
    assert_eq!(theirs.body, unknown.body);
    assert_eq!(list_with(&service, &tokens.access).await, 200);
    for token in [&tokens.access, &client.secret, "x", &format!("dsr_{}", "0".repeat(10_000))] {
        let refused = client.refresh(&service, token).await;
        assert_eq!(refused.body, unknown.body, "{token}");
    }
}

#[tokio::test]
async fn tokens_expire_to_the_second_and_are_reaped() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let tokens = client.tokens(&service).await;
    let later = client.tokens(&service).await;
    service.clock.advance(Duration::from_secs(599));
    assert_eq!(list_with(&service, &tokens.access).await, 200);
    // The answer of the database is still believed; the time is asked every time.
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(list_with(&service, &tokens.access).await, 401);
    service.clock.advance(Duration::from_secs(86_400 - 601));
    let second = Tokens::of(&client.refresh(&service, &later.refresh).await);
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(&client.refresh(&service, &tokens.refresh).await), "400 invalid_grant");
    assert_eq!((service.rows("grants"), service.rows("token_pairs")), (2, 3));
    let age = Duration::from_secs(3 * 60 * 60);
    assert_eq!(service.app.sweep(Operator, age).await.unwrap().tokens_expired, 3);
    assert_eq!((service.rows("grants"), service.rows("token_pairs")), (1, 1));
    Tokens::of(&client.refresh(&service, &second.refresh).await);
}

#[tokio::test]
async fn a_revoked_access_token_ends_within_a_second_and_nothing_else_does() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let first = client.tokens(&service).await;
    let second = Tokens::of(&client.refresh(&service, &first.refresh).await);
    assert_eq!(list_with(&service, &second.access).await, 200);
    for _ in 0..2 {
        let revoked = client.revoke(&service, &second.access).await;
        assert_eq!((revoked.status.as_u16(), revoked.body.len()), (200, 0));
        assert_eq!(revoked.header("cache-control"), "no-store");
    }
    tokio::time::sleep(BELIEVED).await;
    assert_eq!(list_with(&service, &second.access).await, 401);
    assert_eq!(list_with(&service, &first.access).await, 200);
    Tokens::of(&client.refresh(&service, &second.refresh).await);
}

#[tokio::test]
async fn a_revoked_refresh_token_takes_its_family_with_it() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let first = client.tokens(&service).await;
    let second = Tokens::of(&client.refresh(&service, &first.refresh).await);
    assert_eq!(client.revoke(&service, &second.refresh).await.status, 200);
    tokio::time::sleep(BELIEVED).await;
    for access in [&first.access, &second.access] {
        assert_eq!(list_with(&service, access).await, 401);
    }
    assert_eq!(refusal(&client.refresh(&service, &second.refresh).await), "400 invalid_grant");
}

#[tokio::test]
async fn revoking_what_is_not_ones_own_is_answered_alike_and_changes_nothing() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:read").await;
    let stranger = OAuthClient::new(&service, "stranger", "files:read").await;
    let tokens = client.tokens(&service).await;
    for token in [&tokens.access, &tokens.refresh, &service.key, &client.secret, "x"] {
        let answer = stranger.revoke(&service, token).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    }
    tokio::time::sleep(BELIEVED).await;
    assert_eq!(list_with(&service, &tokens.access).await, 200);
    assert_eq!(list_with(&service, &service.key).await, 200);
    Tokens::of(&client.refresh(&service, &tokens.refresh).await);
    client.tokens(&service).await;
}

#[tokio::test]
async fn a_token_that_is_revoked_in_the_middle_of_an_upload_stores_nothing() {
    let service = Service::start().await;
    let client = OAuthClient::new(&service, "partner", "files:write").await;
    let tokens = client.tokens(&service).await;
    let report = form("verification_report", "a.json", "", &json_of(30)).build();
    for (name, revoked) in [("a", Some(&tokens.refresh)), ("b", None)] {
        let tokens = client.tokens(&service).await;
        let (body, go_on) = Body::paused(&report, 100);
        let request = Request::post("/v1/files")
            .header("authorization", format!("Bearer {}", tokens.access))
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .header("idempotency-key", name);
        let upload = service.send(request.body(body.0).unwrap());
        tokio::pin!(upload);
        tokio::select! {
            answer = &mut upload => panic!("{}", answer.brief()),
            () = service.until_rows("idempotency", 1) => {}
        }
        if revoked.is_some() {
            client.revoke(&service, &tokens.refresh).await;
            go_on.send(()).unwrap();
            assert_eq!(upload.await.brief(), "401 auth.invalid");
            service.assert_nothing_stored();
        } else {
            // That it expired meanwhile does not matter: the upload began in time.
            service.clock.advance(Duration::from_secs(601));
            go_on.send(()).unwrap();
            assert_eq!(upload.await.status, 201);
        }
    }
    service.assert_stored(1);
}

#[tokio::test]
async fn two_secrets_live_while_they_are_rotated() {
    let service = Service::start().await;
    let old = OAuthClient::new(&service, "partner", "files:read").await;
    let by_old = old.tokens(&service).await;
    let rotation = RotateSecret { secret_id: None, old_lives: Duration::from_secs(60) };
    let made = service.app.rotate_client_secret(Operator, "Partner", rotation).await.unwrap();
    let new = OAuthClient { secret: made.secret.to_string(), ..old.clone() };
    let by_new = new.tokens(&service).await;
    // The family goes on with whichever secret.
    let by_new = [by_new, Tokens::of(&new.refresh(&service, &by_old.refresh).await)];
    old.tokens(&service).await;
    service.clock.advance(Duration::from_secs(60));
    let refused = old.ask(&service, "grant_type=client_credentials").await;
    assert_eq!(refusal(&refused), "401 invalid_client");
    // What was asked for in time lives to its end, unless the operator says otherwise.
    assert_eq!(list_with(&service, &by_old.access).await, 200);
    assert_eq!(service.app.end_old_secrets(Operator, "partner").await.unwrap(), 1);
    tokio::time::sleep(BELIEVED).await;
    assert_eq!(list_with(&service, &by_old.access).await, 401);
    for tokens in by_new {
        assert_eq!(list_with(&service, &tokens.access).await, 200);
    }
    new.tokens(&service).await;
    let clients = service.app.list_clients(Operator).await.unwrap();
    let partner = clients.iter().find(|client| client.name == "partner").unwrap();
    let live: Vec<_> = partner.secrets.iter().filter(|secret| secret.is_live).collect();
    assert_eq!((live.len(), partner.secrets.len()), (1, 2));
    assert_eq!((live[0].secret_id, live[0].ends_at), (made.secret_id, None));
}
