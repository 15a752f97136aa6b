//! Where uploads meet, to be hashed two at a time.
//!
//! Each round of SHA-256 waits for the one before, so that a core that hashes one text is idle half
//! of the time; two texts take little longer than one. An upload that has rows leaves them here and
//! goes on receiving. The next that comes with rows of its own takes them along. Nobody waits for a
//! partner: who needs his rows back and finds them here does them alone.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::job::Job;

/// The place where they meet.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Mutex<Waiting>);

/// The jobs that nobody is at.
#[derive(Debug, Default)]
struct Waiting {
    offers: Vec<Offer>,
    last_number: u64,
}

#[derive(Debug)]
struct Offer {
    number: u64,
    job: Job,
    reply: oneshot::Sender<Job>,
}

/// A job that lies here until another upload takes it along, or its own takes it back. Dropped, it
/// leaves nothing here.
#[derive(Debug)]
pub(crate) struct Offered {
    pairs: Arc<Pairs>,
    number: u64,
    reply: oneshot::Receiver<Job>,
}

/// What became of a job that was brought here.
#[derive(Debug)]
pub(crate) enum Met {
    /// It is done.
    Done(Job),
    /// What is left of it waits for a partner.
    Offered(Offered),
}

/// What is to be had of a job that was offered.
#[derive(Debug)]
pub(crate) enum Back {
    /// The job, of which some rows may be left.
    Job(Job),
    /// Another upload is at it.
    Busy(Offered),
}

impl Pairs {
    /// Does `job` together with those that wait here, and leaves what is left of it.
    pub(crate) fn meet(self: &Arc<Self>, mut job: Job) -> io::Result<Met> {
        while !job.is_done() {
            // The one that came last: its rows are the warmest.
            let Some(mut partner) = self.waiting().offers.pop() else {
                return Ok(Met::Offered(self.offer(job)));
            };
            job.run_with(&mut partner.job)?;
            // Its upload may have ended meanwhile.
            let _ = partner.reply.send(partner.job);
        }
        Ok(Met::Done(job))
    }

    /// Does the whole of `job`, with a partner if one comes while others have their turn.
    pub(crate) async fn finish(self: &Arc<Self>, job: Job) -> io::Result<Job> {
        match self.meet(job)? {
            Met::Done(job) => Ok(job),
            Met::Offered(offered) => {
                yield_now().await;
                let mut job = offered.back().await?;
                job.run()?;
                Ok(job)
            }
        }
    }

    fn offer(self: &Arc<Self>, job: Job) -> Offered {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting();
        waiting.last_number += 1;
        let number = waiting.last_number;
        waiting.offers.push(Offer { number, job, reply: sender });
        Offered { pairs: Arc::clone(self), number, reply: receiver }
    }

    /// A list of offers is whole after every statement, so a panic elsewhere spoils nothing.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Offered {
    /// The job, unless another upload is at it.
    pub(crate) fn try_back(mut self) -> io::Result<Back> {
        if let Some(job) = self.withdraw() {
            return Ok(Back::Job(job));
        }
        match self.reply.try_recv() {
            Ok(job) => Ok(Back::Job(job)),
            Err(oneshot::error::TryRecvError::Empty) => Ok(Back::Busy(self)),
            Err(oneshot::error::TryRecvError::Closed) => Err(lost()),
        }
    }

    /// The job, as soon as no other upload is at it.
    pub(crate) async fn back(mut self) -> io::Result<Job> {
        match self.withdraw() {
            Some(job) => Ok(job),
            None => (&mut self.reply).await.map_err(|_| lost()),
        }
    }

    fn withdraw(&self) -> Option<Job> {
        let mut waiting = self.pairs.waiting();
        let place = waiting.offers.iter().position(|offer| offer.number == self.number)?;
        Some(waiting.offers.remove(place).job)
    }
}

impl Drop for Offered {
    fn drop(&mut self) {
        self.withdraw();
    }
}

/// The upload that had taken the job along failed.
fn lost() -> io::Error {
    io::Error::other("the rows were lost where they were hashed")
}
