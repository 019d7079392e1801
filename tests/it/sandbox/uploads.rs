//! Samples for media headers.

use reqwest::Method;
use serde_json::{Value, json};
use waform::sandbox::DEFAULT_WABA_ID;

use super::kit::{Answer, World, and, template};

impl World {
    pub(super) async fn open(&self, kind: &str, length: usize) -> String {
        let app = &self.sandbox.identity().app_id;
        let path =
            format!("/v24.0/{app}/uploads?file_name=a.png&file_length={length}&file_type={kind}");
        self.send(self.request(Method::POST, &path)).await.ok()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(super) async fn append(&self, id: &str, offset: usize, bytes: &'static [u8]) -> Answer {
        let token = &self.sandbox.identity().access_token;
        let url = format!("{}/v24.0/{id}", self.sandbox.base_url());
        let request = self
            .client
            .post(url)
            .header("authorization", format!("OAuth {token}"));
        self.send(request.header("file_offset", offset).body(bytes))
            .await
    }
}

pub(super) fn with_header(name: &str, handle: &Value) -> Value {
    let header =
        json!({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}});
    and(template(name, "Your order is packed."), header)
}

#[tokio::test]
async fn an_upload_is_resumed_and_its_handle_becomes_an_address() {
    let world = World::start().await;
    let id = world.open("image/png", 10).await;
    assert!(id.starts_with("upload:") && id.contains("?sig="), "{id}");
    assert_eq!(world.append(&id, 0, b"01234").await.ok()["file_offset"], 5);
    assert_eq!(
        world.append(&id, 0, b"01234").await.status,
        400,
        "not where it stands"
    );
    let at = world.get(&format!("/v24.0/{id}")).await.ok();
    assert_eq!(at["file_offset"], 5);
    assert_eq!(
        world.append(&id, 5, b"567890").await.status,
        400,
        "more than was said"
    );
    let handle = world.append(&id, 5, b"56789").await.ok()["h"].clone();
    assert!(handle.as_str().unwrap().starts_with("4::"));
    let bearer = world
        .request(Method::POST, &format!("/{id}"))
        .header("file_offset", "0")
        .body("x");
    assert_eq!(
        world.send(bearer).await.error().0,
        190,
        "the scheme is OAuth"
    );

    let template = world.approved(with_header("picture", &handle)).await;
    let node = world.get(&format!("/{template}")).await.ok();
    let shown = |node: &Value| {
        node["components"][0]["example"]["header_handle"][0]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(shown(&node).starts_with("https://"), "{}", shown(&node));
    world.advance("2h").await;
    let later = world.get(&format!("/{template}")).await.ok();
    assert_ne!(shown(&node), shown(&later), "it expires");

    // The request log has what was uploaded, by its hash, and no token.
    let log = world
        .get("/_sandbox/requests?path=upload:&method=POST")
        .await
        .ok();
    let last = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["body"]["bytes"] == 5)
        .unwrap();
    assert_eq!(last["body"]["sha256"].as_str().unwrap().len(), 64);
    assert!(
        !log.to_string()
            .contains(&world.sandbox.identity().access_token)
    );
}

#[tokio::test]
async fn a_sample_must_be_of_the_right_type() {
    let world = World::start().await;
    let id = world.open("application/pdf", 3).await;
    let handle = world.append(&id, 0, b"pdf").await.ok()["h"].clone();
    let refused = world.create(with_header("picture", &handle)).await;
    assert_eq!(refused.error().0, 100);
    let app = &world.sandbox.identity().app_id;
    let bad = world
        .send(world.request(
            Method::POST,
            &format!("/{app}/uploads?file_length=1&file_type=image/gif"),
        ))
        .await;
    assert_eq!(bad.error().0, 100);
    assert_eq!(
        world
            .get(&format!("/{DEFAULT_WABA_ID}/message_templates"))
            .await
            .ok()["data"],
        json!([])
    );
}
