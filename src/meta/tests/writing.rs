use serde_json::{Value, json};

use super::error;
use crate::meta::stub::{Reply, Stub};

#[tokio::test]
async fn a_created_template_carries_what_meta_made_of_it() {
    let stub = Stub::start(|_, _| {
        Reply::Json(
            200,
            json!({"id": 594_425_479_261_596_u64, "status": "PENDING", "category": "MARKETING"}),
        )
    })
    .await;
    let body = json!({"name": "a", "language": "en_US", "category": "UTILITY", "components": []});
    let template = stub
        .connect()
        .writer()
        .create_template("10", &body)
        .await
        .unwrap();
    assert_eq!(template.id, "594425479261596");
    assert_eq!(template.category, "MARKETING");
    let request = &stub.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/v25.0/10/message_templates")
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap(),
        body
    );
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_is_not_repeated() {
    for cut in [
        || Reply::Cut,
        || Reply::CutInBody,
        || Reply::Raw(502, vec![], "<html>".to_owned()),
    ] {
        let stub = Stub::start(move |_, _| cut()).await;
        let error = stub
            .connect()
            .writer()
            .create_template("10", &json!({}))
            .await
            .unwrap_err();
        assert!(error.is_ambiguous(), "{error}");
        assert_eq!(stub.requests().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_write_that_meta_refused_for_a_passing_reason_is_repeated() {
    let stub = Stub::start(|index, _| match index {
        0 => error(503, 2, "Service temporarily unavailable"),
        _ => Reply::Json(200, json!({"success": true})),
    })
    .await;
    stub.connect()
        .writer()
        .edit_template("1", &json!({}))
        .await
        .unwrap();
    assert_eq!(stub.requests().len(), 2);
}

#[tokio::test]
async fn a_success_that_says_no_is_an_error_with_the_reason() {
    let stub =
        Stub::start(|_, _| Reply::Json(200, json!({"success": false, "reason": "not paused"})))
            .await;
    let error = stub
        .connect()
        .writer()
        .unpause_template("1")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "POST /v25.0/1/unpause: not done: not paused"
    );
}

#[tokio::test]
async fn one_language_is_deleted_by_name_and_id() {
    let stub = Stub::start(|_, _| Reply::Json(200, json!({"success": true}))).await;
    let writer = stub.connect().writer();
    writer
        .delete_template("10", "order update&x", Some("1"))
        .await
        .unwrap();
    writer.delete_template("10", "order", None).await.unwrap();
    let [one, all] = &stub.requests()[..] else {
        panic!("two requests were expected");
    };
    assert_eq!(
        (one.query["name"].as_str(), one.query["hsm_id"].as_str()),
        ("order update&x", "1")
    );
    assert!(!all.query.contains_key("hsm_id"));
}

#[tokio::test]
async fn an_error_inside_a_success_is_an_error() {
    let stub = Stub::start(|_, _| error(200, 100, "(#100) Invalid parameter")).await;
    let error = stub
        .connect()
        .writer()
        .edit_template("1", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "meta::rejected");
}
