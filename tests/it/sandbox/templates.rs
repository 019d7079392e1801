//! Templates: their life, the budgets, the lists.

use serde_json::{Value, json};
use waform::sandbox::DEFAULT_WABA_ID;

use super::kit::{World, and, template};

#[tokio::test]
async fn a_template_is_reviewed_after_the_delay() {
    let world = World::start().await;
    let created = world
        .create(template("order", "Hi {{1}}, your order is packed."))
        .await
        .ok();
    assert_eq!(created["status"], "PENDING");
    assert_eq!(created["category"], "UTILITY");
    let id = created["id"].as_str().expect("ids are texts").to_owned();
    assert_eq!(world.template(&id).await["status"], "PENDING");
    world
        .sandbox
        .clock()
        .advance(jiff::SignedDuration::from_secs(2));
    // Nothing but the reading made it happen.
    let node = world.get(&format!("/{id}")).await.ok();
    assert_eq!(node["status"], "APPROVED");
    assert_eq!(node["parameter_format"], "POSITIONAL");
    assert!(node.get("rejected_reason").is_none(), "only when asked for");
    assert_eq!(world.template(&id).await["rejected_reason"], "NONE");
}

#[tokio::test]
async fn reviews_end_as_they_are_told_to() {
    let world = World::start().await;
    world
        .post(
            "/_sandbox/reviews",
            json!({"name": "ruled", "status": "REJECTED", "rejected_reason": "SCAM", "times": 1}),
        )
        .await
        .ok();
    let mut ids = Vec::new();
    for (name, body) in [
        ("ruled", "This one is told to be rejected."),
        ("tagged", "Rejected [reject:PROMOTIONAL] by its own words."),
        ("moved", "Moved [category:MARKETING] by its own words."),
        ("held", "Held [hold] by its own words."),
        (
            "adjacent",
            "Variables {{1}} {{2}} stand side by side in here.",
        ),
    ] {
        ids.push(
            world.create(template(name, body)).await.ok()["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    world.advance("2s").await;
    let mut ends = Vec::new();
    for id in &ids {
        let node = world.template(id).await;
        ends.push((
            node["status"].clone(),
            node["rejected_reason"].clone(),
            node["category"].clone(),
        ));
    }
    assert_eq!(
        ends,
        [
            ("REJECTED", "SCAM", "UTILITY"),
            ("REJECTED", "PROMOTIONAL", "UTILITY"),
            ("APPROVED", "NONE", "MARKETING"),
            ("PENDING", "NONE", "UTILITY"),
            ("REJECTED", "INVALID_FORMAT", "UTILITY"),
        ]
        .map(|(status, reason, category)| (json!(status), json!(reason), json!(category)))
    );
    assert_eq!(
        world.template(&ids[2]).await["previous_category"],
        "UTILITY"
    );
    // The rule was good for one review: the edit that follows is approved.
    world
        .post(
            &format!("/{}", ids[0]),
            template("x", "Now it is told nothing."),
        )
        .await
        .ok();
    world.advance("2s").await;
    assert_eq!(world.template(&ids[0]).await["status"], "APPROVED");
}

#[tokio::test]
async fn approved_templates_have_an_edit_budget() {
    let world = World::start().await;
    let id = world
        .approved(template("order", "Your order is packed."))
        .await;
    let edit = async |text: String| {
        world
            .post(&format!("/v24.0/{id}"), template("order", &text))
            .await
    };
    for round in 0..10 {
        let answer = edit(format!("Your order is packed, version {round}.")).await;
        assert_eq!(answer.status, 200, "{round}: {}", answer.body);
        assert_eq!(
            world.template(&id).await["status"],
            "PENDING",
            "not sendable while in review"
        );
        let pending = edit("While it is in review.".into()).await;
        assert_eq!(pending.error(), (100, 2_388_039));
        world.advance("2s").await;
        assert_eq!(edit("Twice a day.".into()).await.error(), (100, 2_388_039));
        world.advance("25h").await;
    }
    assert_eq!(
        edit("The eleventh in 30 days.".into()).await.error(),
        (100, 2_388_039)
    );
    world.advance("20d").await;
    edit("The first have left the 30 days.".into()).await.ok();
    // A rejected template can be edited as often as one likes, and its category changed; an approved one's not.
    world.advance("2d").await;
    let refused = world
        .post(&format!("/{id}"), json!({"category": "MARKETING"}))
        .await;
    assert_eq!(refused.error(), (100, 2_388_039));
    world
        .post(
            &format!("/_sandbox/templates/{id}"),
            json!({"status": "REJECTED"}),
        )
        .await
        .ok();
    world
        .post(&format!("/{id}"), json!({"category": "MARKETING"}))
        .await
        .ok();
    world.advance("2s").await;
    assert_eq!(world.template(&id).await["category"], "MARKETING");
}

#[tokio::test]
async fn a_deleted_name_is_locked_for_thirty_days() {
    let world = World::start().await;
    let order = || template("order", "Your order is packed.");
    let id = world.approved(order()).await;
    let wrong = world
        .delete(&format!(
            "/{DEFAULT_WABA_ID}/message_templates?name=other&hsm_id={id}"
        ))
        .await;
    assert_eq!(wrong.status, 400);
    world
        .delete(&format!(
            "/{DEFAULT_WABA_ID}/message_templates?name=order&hsm_id={id}"
        ))
        .await
        .ok();
    let gone = world.get(&format!("/{id}")).await;
    assert_eq!((gone.status, gone.error()), (400, (100, 33)));
    assert_eq!(world.create(order()).await.error(), (100, 2_388_023));
    let mut spanish = order();
    spanish["language"] = json!("es");
    world.create(spanish).await.ok();
    world.advance("30d").await;
    world.create(order()).await.ok();
}

#[tokio::test]
async fn ids_are_deleted_all_or_none() {
    let world = World::start().await;
    let first = world
        .approved(template("first", "The first one of them."))
        .await;
    let second = world
        .approved(template("second", "The second one of them."))
        .await;
    let path = |ids: &str| format!("/{DEFAULT_WABA_ID}/message_templates?hsm_ids={ids}");
    assert_eq!(
        world
            .delete(&path(&format!("[\"{first}\",\"1\"]")))
            .await
            .status,
        400
    );
    assert_eq!(world.template(&first).await["status"], "APPROVED");
    world
        .delete(&path(&format!("[\"{first}\",\"{second}\"]")))
        .await
        .ok();
    assert_eq!(world.get(&format!("/{second}")).await.error(), (100, 33));
}

#[tokio::test]
async fn a_template_with_messages_on_their_way_is_deleted_later() {
    let world = World::start().await;
    let id = world
        .approved(template("hello", "Hello from the sandbox."))
        .await;
    world.hello("+14165550150").await.ok();
    world
        .delete(&format!("/{DEFAULT_WABA_ID}/message_templates?name=hello"))
        .await
        .ok();
    assert_eq!(world.template(&id).await["status"], "PENDING_DELETION");
    assert_eq!(world.hello("+14165550150").await.error().0, 132_001);
    world.advance("30d").await;
    assert_eq!(world.get(&format!("/{id}")).await.error(), (100, 33));
}

#[tokio::test]
async fn bad_templates_are_refused_with_metas_codes() {
    let world = World::start().await;
    let order = || template("order", "Your order is packed.");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = order();
        change(&mut value);
        value
    };
    let cases: Vec<(&str, Value, i64)> = vec![
        ("no name", with(&|t| t["name"] = json!("")), 0),
        (
            "bad name",
            with(&|t| t["name"] = json!("Order-1")),
            2_388_046,
        ),
        (
            "sample",
            with(&|t| t["name"] = json!("hello_world")),
            2_388_155,
        ),
        ("language", with(&|t| t["language"] = json!("en-US")), 0),
        ("category", with(&|t| t["category"] = json!("OTHER")), 0),
        (
            "no body",
            with(&|t| t["components"] = json!([{"type": "FOOTER", "text": "x"}])),
            2_388_072,
        ),
        (
            "no example",
            with(&|t| t["components"][0]["text"] = json!("Hi {{1}}, your order.")),
            2_388_043,
        ),
        (
            "at start",
            template("order", "{{1}}, your order is packed."),
            2_388_299,
        ),
        (
            "gap",
            template("order", "Hi {{2}}, your order is packed."),
            2_388_072,
        ),
        (
            "too many",
            template("order", "Hi {{1}} {{2}} {{3}} ok"),
            2_388_293,
        ),
        ("too long", template("order", &"x".repeat(1025)), 2_388_040),
        (
            "header",
            and(
                order(),
                json!({"type": "HEADER", "format": "TEXT", "text": "two\nlines"}),
            ),
            2_388_047,
        ),
        (
            "footer",
            and(order(), json!({"type": "FOOTER", "text": "for {{1}} only"})),
            2_388_073,
        ),
        (
            "unknown key",
            with(&|t| t["components"][0]["colour"] = json!("red")),
            0,
        ),
        (
            "ttl",
            with(&|t| t["message_send_ttl_seconds"] = json!(5)),
            0,
        ),
        (
            "handle",
            and(
                order(),
                json!({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::made_up"]}}),
            ),
            0,
        ),
    ];
    for (name, body, subcode) in cases {
        let answer = world.create(body).await;
        assert_eq!(
            (answer.status, answer.error()),
            (400, (100, subcode)),
            "{name}: {}",
            answer.body
        );
        assert!(answer.body["error"]["fbtrace_id"].is_string(), "{name}");
    }
    let listed = world
        .get(&format!("/{DEFAULT_WABA_ID}/message_templates"))
        .await
        .ok();
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn quotas_hold() {
    let world = World::start().await;
    for number in 0..100 {
        world
            .create(template(&format!("t{number}"), "Your order is packed."))
            .await
            .ok();
    }
    assert_eq!(
        world
            .create(template("t100", "Your order is packed."))
            .await
            .error()
            .0,
        80_007
    );
    world.advance("1h").await;
    assert_eq!(
        world
            .create(template("t1", "Your order is packed."))
            .await
            .error(),
        (100, 2_388_024)
    );
    world
        .create(template("t100", "Your order is packed."))
        .await
        .ok();
    world
        .post("/_sandbox/account", json!({"template_limit": 101}))
        .await
        .ok();
    assert_eq!(
        world
            .create(template("t101", "Your order is packed."))
            .await
            .error(),
        (100, 2_388_019)
    );
    let summary = world
        .get(&format!("/{DEFAULT_WABA_ID}/message_templates?summary=total_count,message_template_limit&limit=1"))
        .await
        .ok();
    assert_eq!(
        summary["summary"],
        json!({"total_count": 101, "message_template_limit": 101})
    );
    world
        .post(
            "/_sandbox/account",
            json!({"template_limit": null, "verified": false}),
        )
        .await
        .ok();
    let account = world.get("/_sandbox/account").await.ok();
    assert_eq!(account["message_template_limit"], 250);
}

/// Follows `next` to the end; returns the names on each page.
async fn pages(world: &World, first: String) -> Vec<Vec<String>> {
    let (mut path, mut pages) = (first, Vec::new());
    loop {
        let body = world.get(&path).await.ok();
        let names = body["data"].as_array().unwrap().iter();
        pages.push(
            names
                .map(|node| node["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>(),
        );
        let Some(next) = body["paging"]["next"].as_str() else {
            return pages;
        };
        path = next
            .strip_prefix(&world.sandbox.base_url())
            .expect("next is on this server")
            .to_owned();
    }
}

#[tokio::test]
async fn lists_are_paged_filtered_and_shuffled() {
    let world = World::start().await;
    let many: Vec<Value> = (0..57)
        .map(|n| template(&format!("t{n:02}"), &format!("Your order {n} is packed.")))
        .collect();
    world
        .post("/_sandbox/templates", json!({"templates": many}))
        .await
        .ok();
    let first = format!("/v24.0/{DEFAULT_WABA_ID}/message_templates?fields=name&limit=20");
    let listed = pages(&world, first.clone()).await;
    assert_eq!(
        listed.iter().map(Vec::len).collect::<Vec<_>>(),
        [20, 20, 17]
    );
    let ordered: Vec<String> = (0..57).rev().map(|n| format!("t{n:02}")).collect();
    assert_eq!(listed.concat(), ordered, "newest first");

    // The name is a part of it, in any case: an exact search is the client's affair.
    let part = pages(
        &world,
        format!("/{DEFAULT_WABA_ID}/message_templates?name=T1&status=approved&limit=100"),
    )
    .await;
    assert_eq!(part.concat().len(), 10);
    let none = pages(
        &world,
        format!("/{DEFAULT_WABA_ID}/message_templates?status=REJECTED,PAUSED"),
    )
    .await;
    assert_eq!(none, [Vec::<String>::new()]);
    let content = pages(
        &world,
        format!("/{DEFAULT_WABA_ID}/message_templates?content=order%205%20is"),
    )
    .await;
    assert_eq!(content.concat(), ["t05"]);

    world
        .post("/_sandbox/behaviour", json!({"shuffle_lists": true}))
        .await
        .ok();
    let (one, other) = (
        pages(&world, first.clone()).await.concat(),
        pages(&world, first).await.concat(),
    );
    assert_ne!(one, other);
    for mut shuffled in [one, other] {
        shuffled.sort();
        shuffled.reverse();
        assert_eq!(shuffled, ordered, "each once, through all pages");
    }
    let bad = world
        .get(&format!(
            "/{DEFAULT_WABA_ID}/message_templates?after=nonsense"
        ))
        .await;
    assert_eq!(bad.error().0, 100);
}

#[tokio::test]
async fn low_quality_pauses_and_then_disables() {
    let world = World::start().await;
    let id = world
        .approved(template("hello", "Hello from the sandbox."))
        .await;
    for hours in ["3h", "6h"] {
        world
            .send(
                world
                    .request(reqwest::Method::PATCH, &format!("/_sandbox/templates/{id}"))
                    .json(&json!({"quality_score": "red"})),
            )
            .await
            .ok();
        assert_eq!(world.hello("+14165550150").await.error().0, 132_015);
        world.advance(hours).await;
        world.hello("+14165550150").await.ok();
    }
    world
        .post(
            &format!("/_sandbox/templates/{id}"),
            json!({"quality_score": "RED"}),
        )
        .await
        .ok();
    assert_eq!(world.hello("+14165550150").await.error().0, 132_016);
    let refused = world
        .delete(&format!("/{DEFAULT_WABA_ID}/message_templates?name=hello"))
        .await;
    assert_eq!(refused.error(), (100, 2_388_039));
}

#[tokio::test]
async fn a_pause_for_pacing_ends_by_hand() {
    let world = World::start().await;
    let id = world
        .approved(template("hello", "Hello from the sandbox."))
        .await;
    world
        .post(
            &format!("/_sandbox/templates/{id}"),
            json!({"status": "PAUSED", "manual_unpause": true}),
        )
        .await
        .ok();
    world.advance("30d").await;
    assert_eq!(world.template(&id).await["status"], "PAUSED");
    assert_eq!(
        world.post(&format!("/{id}/unpause"), json!({})).await.ok()["success"],
        true
    );
    assert_eq!(world.template(&id).await["status"], "APPROVED");
    assert_eq!(
        world.post(&format!("/{id}/unpause"), json!({})).await.ok()["success"],
        false
    );
}
