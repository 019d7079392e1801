//! The files that messages show, uploaded once for each number.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::dispatch::MediaId;
use super::error::Error;
use crate::meta::GraphWriter;
use crate::resource::Project;
use crate::resource::template::{Composer, MediaFile};

/// Meta keeps an uploaded file for 30 days (media page, 2025-26); one that is older than this is uploaded again.
const KEPT: SignedDuration = SignedDuration::from_hours(20 * 24);

/// What was uploaded, by number and file. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Uploads(Arc<Mutex<BTreeMap<(String, String), Upload>>>);

#[derive(Clone, Debug)]
struct Upload {
    id: String,
    at: Timestamp,
}

impl Uploads {
    /// Tells whether all files of a template are there already.
    pub(super) async fn has_all(&self, composer: &Composer, number: &str, now: Timestamp) -> bool {
        let known = self.0.lock().await;
        composer
            .media()
            .all(|file| fresh(known.get(&key(number, file)), now).is_some())
    }

    /// Uploads what is not there yet, and returns the way from a file's hash to its id.
    pub(super) async fn ensure(
        &self,
        project: &Project,
        composer: &Composer,
        number: &str,
        writer: &GraphWriter,
        now: Timestamp,
    ) -> Result<MediaId, Error> {
        let mut known = self.0.lock().await;
        let mut ids = BTreeMap::new();
        for file in composer.media() {
            let key = key(number, file);
            let id = match fresh(known.get(&key), now) {
                Some(upload) => upload.id.clone(),
                None => {
                    let id = upload(project, file, number, writer).await?;
                    known.insert(
                        key,
                        Upload {
                            id: id.clone(),
                            at: now,
                        },
                    );
                    id
                }
            };
            ids.insert(file.reference.clone(), id);
        }
        Ok(Arc::new(move |hash| ids.get(hash).cloned()))
    }
}

fn key(number: &str, file: &MediaFile) -> (String, String) {
    (number.to_owned(), file.reference.clone())
}

fn fresh(upload: Option<&Upload>, now: Timestamp) -> Option<&Upload> {
    upload.filter(|upload| now.duration_since(upload.at) < KEPT)
}

async fn upload(
    project: &Project,
    file: &MediaFile,
    number: &str,
    writer: &GraphWriter,
) -> Result<String, Error> {
    let path = project.path(&file.path);
    let unreadable = |reason: std::io::Error| Error::Media {
        path: path.display().to_string(),
        reason: reason.to_string(),
    };
    let bytes = Bytes::from(tokio::fs::read(&path).await.map_err(unreadable)?);
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    Ok(writer
        .upload_media(number, &name, file.media_type, bytes)
        .await?)
}
