//! From a clean clone to a sent campaign.

use serde_json::json;

use crate::kit::{Project, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readmes_first_command_ends_with_the_campaign_sent_and_the_second_run_changes_nothing()
{
    let project = Project::example("quickstart");
    let world = World::beside(&project).await;
    let command = ["apply", "--sandbox", "--auto-approve", "--wait"];
    let first = project.run(&world, &command).await.succeeds();
    insta::assert_snapshot!(first.without_plan_id(), @r#"
    waform will make these changes:

      + template.order_update["en_US"] will be created  waform.toml:21
          category           UTILITY
          parameter_format   NAMED
          header.text        Order {{order_no}} is packed
          body               Hi {{first_name}}, your order {{order_no}} leaves us on {{ship_date}}. How shall we reach you about the delivery?
          footer             Reply STOP to opt out
          buttons[0]         Phone call (quick reply)
          buttons[1]         WhatsApp message (quick reply)
          buttons[2]         Call us (phone number +15550783881)
      + template.order_update["es"] will be created  waform.toml:39
          category           UTILITY
          parameter_format   NAMED
          header.text        El pedido {{order_no}} está listo
          body               Hola {{first_name}}, tu pedido {{order_no}} sale el {{ship_date}}. ¿Cómo prefieres que te avisemos de la entrega?
          footer             Responde STOP para no recibir más
          buttons[0]         Llamada (quick reply)
          buttons[1]         Mensaje de WhatsApp (quick reply)
          buttons[2]         Llámanos (phone number +15550783881)
      + campaign.order_updates will be created  waform.toml:68
          template   order_update
          from       +15550783881
          lists      customers
          state      running
          duration   3d
          rate       20/s

    Messages:

      → campaign.order_updates sends template.order_update to 6 contacts from +1 555-078-3881
          waits for    template.order_update["en_US"], template.order_update["es"] to be approved
          takes        about 1 s at 20/s
          hopper       6 new
          skipped      1 no_opt_in: the list shows no consent: the proof is empty, says no, or lies in the future
                       1 suppressed: the number stands on a suppression list

    Guards:

      ✓ max_recipients  6 of 100 contacts (6 %)

    Plan: 3 to add, 0 to change, 0 to destroy.
    Campaigns: 1 to send, 6 contacts when the template is approved.
    Plan id: [ID]
    Apply complete! Resources: 3 added, 0 changed, 0 destroyed.
    → campaign.order_updates: 5 messages accepted, 1 failed.
        failed with 131021 (1)
    "#);
    let hint = first.stderr.split("hint: ").nth(1).unwrap();
    assert!(
        hint.contains("status --sandbox") && hint.contains("history order_updates --sandbox"),
        "{hint}"
    );
    assert_eq!(world.accepted().await, 5);

    let before = world.latest().await;
    let second = project.run(&world, &command).await.succeeds();
    assert_eq!(
        second.stdout,
        "No changes. The account matches the configuration.\n"
    );
    let requests = world.requests_after(before).await;
    assert!(!requests.is_empty());
    assert!(
        requests.iter().all(|request| request.method == "GET"),
        "{requests:#?}"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_is_applied_in_the_sandbox_and_then_has_no_changes() {
    for name in ["quickstart", "media-template"] {
        let project = Project::example(name);
        let world = World::beside(&project).await;
        project
            .run(&world, &["apply", "--sandbox", "--auto-approve", "--wait"])
            .await
            .succeeds();
        project
            .run(&world, &["plan", "--sandbox", "--detailed-exitcode"])
            .await
            .succeeds()
            .says("No changes.");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_status_every_contact_stands_in_one_place() {
    let project = Project::example("quickstart");
    let world = World::beside(&project).await;
    let never = project
        .run(&world, &["status", "--sandbox", "--format", "json"])
        .await
        .succeeds()
        .json();
    assert_eq!(never["format_version"], "1.0");
    project
        .run(&world, &["apply", "--sandbox", "--auto-approve", "--wait"])
        .await
        .succeeds();
    let status = project
        .run(&world, &["status", "--sandbox", "--format", "json"])
        .await
        .succeeds()
        .json();
    let campaign = &status["campaigns"][0];
    let hopper = |part: &str| campaign["hopper"][part].as_u64().unwrap();
    assert_eq!(
        hopper("total"),
        hopper("fresh") + hopper("retry") + hopper("pending") + hopper("closed")
    );
    assert_eq!(hopper("total"), 8);
    assert_eq!(campaign["campaign"], "order_updates");
    assert_eq!(campaign["delivery"]["accepted"], 5);
    assert_eq!(
        campaign["skipped"],
        json!({ "no_opt_in": 1, "suppressed": 1 })
    );
    let approved = status["templates"].as_array().unwrap();
    assert!(
        approved
            .iter()
            .all(|template| template["status"] == "APPROVED")
    );
    assert_eq!(approved.len(), 2);

    let history = project
        .run(
            &world,
            &["history", "order_updates", "--sandbox", "--format", "json"],
        )
        .await
        .succeeds()
        .json_lines();
    assert_eq!(history.len(), 8);
    for row in &history {
        for key in [
            "Time",
            "Message_From",
            "Message_To",
            "Status",
            "Description",
        ] {
            assert!(row.get(key).is_some(), "{key} in {row}");
        }
    }
    world.finish().await;
}
