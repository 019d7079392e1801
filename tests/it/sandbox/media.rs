//! Media by id: uploading, reading, deleting, sending.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use waform::clock::Clock;
use waform::sandbox::{DEFAULT_PHONE_ID, DEFAULT_WABA_ID, Options};

use super::kit::{Answer, World};
use super::uploads::with_header;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\r\n--not a boundary--\r\n";
const TO: &str = "+14165550150";

fn form(media_type: &str, content: &'static [u8]) -> Form {
    let part = Part::bytes(content).file_name("a \"file\".bin");
    Form::new()
        .text("messaging_product", "whatsapp")
        .text("type", media_type.to_owned())
        .part("file", part.mime_str(media_type).unwrap())
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

impl World {
    fn to_media(&self, phone: &str) -> RequestBuilder {
        self.request(Method::POST, &format!("/v24.0/{phone}/media"))
    }

    async fn upload(&self, phone: &str, form: Form) -> Answer {
        self.send(self.to_media(phone).multipart(form)).await
    }

    async fn uploaded(&self, media_type: &str) -> String {
        id(&self
            .upload(DEFAULT_PHONE_ID, form(media_type, PNG))
            .await
            .ok())
    }

    /// Puts a template with a picture in its header there.
    async fn with_picture(&self) {
        let sample = self.open("image/png", PNG.len()).await;
        let handle = self.append(&sample, 0, PNG).await.ok()["h"].clone();
        let pictured = with_header("pictured", &handle);
        self.post("/_sandbox/templates", pictured).await.ok();
    }

    async fn picture(&self, image: Value) -> Answer {
        let header = json!({"type": "header", "parameters": [{"type": "image", "image": image}]});
        let body =
            json!({"name": "pictured", "language": {"code": "en_US"}, "components": [header]});
        self.message(TO, body).await
    }

    async fn second_number(&self) -> String {
        let body = json!({"number": "+15550783882"});
        self.post("/_sandbox/numbers", body).await.ok();
        let path = format!("/{DEFAULT_WABA_ID}/phone_numbers?fields=id");
        let listed = self.get(&path).await.ok();
        let mut numbers = listed["data"].as_array().unwrap().iter().map(id);
        numbers.find(|id| id != DEFAULT_PHONE_ID).unwrap()
    }
}

#[tokio::test]
async fn a_file_is_uploaded_read_and_deleted() {
    let world = World::start().await;
    let id = world.uploaded("image/png").await;
    let path = format!("/v24.0/{id}");
    let node = world.get(&path).await.ok();
    let url = node["url"].as_str().unwrap();
    assert!(url.starts_with("https://") && url.contains(&id), "{url}");
    let hash = hex::encode(Sha256::digest(PNG));
    assert_eq!(
        node,
        json!({
            "url": url, "mime_type": "image/png", "sha256": hash, "file_size": PNG.len().to_string(), "id": id,
            "messaging_product": "whatsapp",
        })
    );
    let listed = world.get("/_sandbox/media").await.ok();
    assert_eq!(listed["data"][0]["sha256"], hash);
    assert_eq!(listed["data"][0]["expires_at"], "2026-06-03T12:00:00Z");

    let other = world.second_number().await;
    let elsewhere = format!("{path}?phone_number_id={other}");
    assert_eq!(world.get(&elsewhere).await.error(), (100, 33));
    assert_eq!(world.delete(&elsewhere).await.error(), (100, 33));
    let here = format!("{path}?phone_number_id={DEFAULT_PHONE_ID}");
    assert_eq!(world.delete(&here).await.ok(), json!({"success": true}));
    // And it is not taken for an account that is asked for the first time.
    for _ in 0..2 {
        assert_eq!(world.get(&path).await.error(), (100, 33));
        assert_eq!(world.delete(&path).await.error(), (100, 33));
    }
    assert_eq!(world.get("/_sandbox/media").await.ok()["data"], json!([]));
}

#[tokio::test]
async fn files_are_refused_for_type_size_and_form() {
    let world = World::start().await;
    let gif = world.upload(DEFAULT_PHONE_ID, form("image/gif", PNG)).await;
    assert_eq!((gif.status, gif.error().0), (400, 100));
    let refused = [
        // The part's own type counts, not what is said beside it.
        (
            Form::new()
                .text("messaging_product", "whatsapp")
                .text("type", "image/png")
                .part("file", Part::bytes(PNG).file_name("a.png")),
            100,
            "Received file of type 'application/octet-stream'",
        ),
        (
            form("image/png", PNG).text("messaging_product", "sms"),
            100,
            "messaging_product must be one of {WHATSAPP}",
        ),
        (
            Form::new().part("file", Part::bytes(PNG).file_name("a.png")),
            100,
            "messaging_product is required",
        ),
        (
            Form::new()
                .text("messaging_product", "whatsapp")
                .text("file", "@/a.png"),
            100,
            "file is required",
        ),
        (form("image/png", b""), 131_053, "Media upload error"),
    ];
    for (form, code, message) in refused {
        let answer = world.upload(DEFAULT_PHONE_ID, form).await;
        let said = answer.body["error"]["message"].as_str().unwrap();
        assert_eq!((answer.status, answer.error().0), (400, code), "{said}");
        assert!(said.contains(message), "{said}");
    }
    let cut = world
        .to_media(DEFAULT_PHONE_ID)
        .header("content-type", "multipart/form-data; boundary=b")
        .body("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b");
    assert_eq!(world.send(cut).await.error().0, 100);

    for (media_type, most) in [
        ("image/jpeg", 5 << 20),
        ("image/webp", 500 << 10),
        ("video/mp4", 16 << 20),
    ] {
        let of = async |bytes: usize| {
            let content: &'static [u8] = vec![0; bytes].leak();
            world
                .upload(DEFAULT_PHONE_ID, form(media_type, content))
                .await
        };
        of(most).await.ok();
        let large = of(most + 1).await;
        assert_eq!((large.status, large.error().0), (400, 100), "{media_type}");
        assert_eq!(large.body["error"]["error_user_title"], "File Too Large");
    }
}

#[tokio::test]
async fn a_message_names_only_what_its_number_has_and_its_header_takes() {
    let world = World::start().await;
    world.with_picture().await;
    let media = world.uploaded("image/png").await;
    world.picture(json!({"id": media})).await.ok();
    world.advance("1h").await;
    assert_eq!(world.fate(TO).await[..3], ["accepted", "sent", "delivered"]);

    let unknown = |answer: &Answer| {
        assert_eq!((answer.status, answer.error()), (400, (100, 0)));
        assert_eq!(
            answer.body["error"]["message"],
            "(#100) Param template['components'][0]['parameters'][0]['image']['id'] is not a valid whatsapp business \
             account media attachment ID"
        );
    };
    unknown(&world.picture(json!({"id": "1"})).await);
    unknown(
        &world
            .picture(json!({"id": "https://example.com/a.png"}))
            .await,
    );
    let other = world.second_number().await;
    let foreign = id(&world.upload(&other, form("image/png", PNG)).await.ok());
    unknown(&world.picture(json!({"id": foreign})).await);

    let video = world.uploaded("video/mp4").await;
    let mismatch = world.picture(json!({"id": video})).await;
    assert_eq!(mismatch.error().0, 132_012);
    assert_eq!(
        mismatch.body["error"]["error_data"]["details"],
        "header: Format mismatch, expected IMAGE, received VIDEO"
    );

    let free =
        json!({"messaging_product": "whatsapp", "to": TO, "type": "video", "video": {"id": "1"}});
    let free = world
        .post(&format!("/{DEFAULT_PHONE_ID}/messages"), free)
        .await;
    assert_eq!(
        free.body["error"]["message"],
        "(#100) Param video['id'] is not a valid whatsapp business account media attachment ID"
    );
    assert_eq!(
        world.get("/_sandbox/messages").await.ok()["total"],
        1,
        "nothing refused was accepted"
    );
}

#[tokio::test]
async fn a_file_is_kept_for_thirty_days_and_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options {
        data: Some(dir.path().join("sandbox.db")),
        ..Options::new(Clock::system())
    };
    let first = World::with(options()).await;
    first.with_picture().await;
    let (gone, media) = (
        first.uploaded("image/png").await,
        first.uploaded("image/png").await,
    );
    assert_ne!(gone, media, "each upload has an id of its own");
    first.delete(&format!("/{gone}")).await.ok();
    first.sandbox.shutdown().await.unwrap();

    let second = World::with(options()).await;
    second.advance("719h").await;
    second.picture(json!({"id": media})).await.ok();
    assert_eq!(second.get(&format!("/{gone}")).await.error(), (100, 33));
    second.advance("1h").await;
    assert_eq!(second.picture(json!({"id": media})).await.error().0, 100);
    assert_eq!(second.get(&format!("/{media}")).await.error(), (100, 33));
    let fresh = second.uploaded("image/png").await;
    let listed = second.get("/_sandbox/media").await.ok();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(listed["data"][0]["id"], fresh.as_str());
    second.sandbox.shutdown().await.unwrap();
}

#[tokio::test]
async fn media_are_a_matter_of_messaging_and_logged_by_their_hash() {
    let world = World::start().await;
    let identity = world.sandbox.identity().clone();
    let media = world.uploaded("image/png").await;
    let as_who = |token: &str, method: Method, path: &str| {
        let url = format!("{}{path}", world.sandbox.base_url());
        world.client.request(method, url).bearer_auth(token)
    };
    for (token, status) in [
        (&identity.messaging_only_token, 200),
        (&identity.management_only_token, 403),
    ] {
        let read = as_who(token, Method::GET, &format!("/{media}"));
        let read = world.send(read).await;
        assert_eq!(read.status, status);
        assert_eq!(read.usage, None, "no management call");
        let path = format!("/{DEFAULT_PHONE_ID}/media");
        let write = as_who(token, Method::POST, &path).multipart(form("image/png", PNG));
        assert_eq!(world.send(write).await.status, status);
    }
    let log = world.get("/_sandbox/requests?path=/media").await.ok();
    let entries = log["data"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let body = entry["body"].as_object().unwrap();
        assert_eq!(body.len(), 2, "{body:?}");
        assert!(body["bytes"].as_u64().unwrap() > PNG.len() as u64);
        assert_eq!(body["sha256"].as_str().unwrap().len(), 64);
    }
}
