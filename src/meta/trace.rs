//! What Meta calls our requests: the ids that its support asks for, also where a request succeeded.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use reqwest::header::HeaderMap;

tokio::task_local! {
    /// The ids of what is written within the work under way.
    static HEARD: Arc<Mutex<Vec<String>>>;
}

/// Does a piece of work and returns beside its result what Meta called each of the writes in it, in their order. Reads are
/// not told; what is done in tasks of its own is not heard.
pub async fn traced<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let result = HEARD.scope(Arc::clone(&heard), work).await;
    let heard = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
    (result, heard)
}

/// Tells of an answered request.
pub(super) fn tell(method: &Method, trace: Option<&str>) {
    let Some(trace) = trace.filter(|_| *method != Method::GET) else {
        return;
    };
    // Nobody listens where nothing is recorded.
    let _silent = HEARD.try_with(|heard| {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(trace.to_owned());
    });
}

/// The trace of an answer, as its head gives it.
pub(super) fn of(headers: &HeaderMap) -> Option<String> {
    let trace = headers.get("x-fb-trace-id")?.to_str().ok()?;
    (!trace.is_empty()).then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn writes_are_heard_in_their_order_and_reads_are_not() {
        let work = async {
            tell(&Method::POST, Some("A1"));
            tell(&Method::GET, Some("A2"));
            tell(&Method::POST, None);
            tell(&Method::DELETE, Some("A3"));
            7
        };
        assert_eq!(
            traced(work).await,
            (7, vec!["A1".to_owned(), "A3".to_owned()])
        );
        tell(&Method::POST, Some("A4"));
        assert_eq!(traced(async {}).await, ((), Vec::new()));
    }
}
