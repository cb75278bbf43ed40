//! What programs without this library do at the end of main and at a panic: a value whose `Drop` does the job.

/// Does the job when it goes out of scope.
pub(crate) struct CleanUp;

impl Drop for CleanUp {
    fn drop(&mut self) {
        super::clean_up(None, None);
    }
}
