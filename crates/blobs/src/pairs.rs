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

#[cfg(test)]
mod tests {
    use dossier_seal::{
        Digest, Entropy, FileKey, HEADER_LEN, Header, ROW_LEN, Sealer, SecretKey, Sha256, TAG_LEN,
    };

    use super::*;
    use crate::buffer::RowBuffer;
    use crate::job::Hasher;
    use crate::pool::Pool;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    /// The text of the first rows of blob `n`, row by row.
    fn texts(n: u8, rows: usize) -> Vec<Vec<u8>> {
        let len = |row| ROW_LEN - TAG_LEN - if row == 0 { HEADER_LEN } else { 0 };
        (0_u8..).take(rows).map(|row| vec![n ^ row; len(row)]).collect()
    }

    fn fill(mut rows: RowBuffer, texts: &[Vec<u8>]) -> RowBuffer {
        texts.iter().for_each(|text| assert_eq!(rows.push(text, usize::MAX), text.len()));
        rows
    }

    fn job(pool: &Arc<Pool>, n: u8, texts: &[Vec<u8>]) -> Job {
        let sealer = Sealer::new(&FileKey::from_secret([n; 32]), Header::new([n; 16], &Fixed));
        let mut job = Job::new(Box::new(Hasher::new(sealer)), RowBuffer::next(pool));
        job.append(fill(RowBuffer::first(pool), texts));
        job
    }

    /// The hash and the sealed bytes of blob `n`, whose rows are all done but for its end.
    fn ended(mut job: Job, pool: &Arc<Pool>) -> (Digest, Vec<u8>) {
        job.append_end(fill(RowBuffer::next(pool), &[b"end".to_vec()]));
        job.run().unwrap();
        let end = job.end().unwrap();
        (end.sha256, end.rows.sealed().flatten().copied().collect())
    }

    fn alone(pool: &Arc<Pool>, n: u8, count: usize) -> (Digest, Vec<u8>) {
        let mut job = job(pool, n, &texts(n, count));
        job.run().unwrap();
        ended(job, pool)
    }

    fn offered(met: Met) -> Offered {
        match met {
            Met::Offered(offered) => offered,
            Met::Done(_) => panic!("nobody was there"),
        }
    }

    fn done(met: Met) -> Job {
        match met {
            Met::Done(job) => job,
            Met::Offered(_) => panic!("somebody waited"),
        }
    }

    #[tokio::test]
    async fn two_that_meet_have_what_each_has_alone() {
        for (first, second) in [(1, 1), (3, 1), (2, 3)] {
            let (pairs, pool) = (Arc::new(Pairs::default()), Arc::new(Pool::new(64)));
            let waits = offered(pairs.meet(job(&pool, 1, &texts(1, first))).unwrap());
            let two = match pairs.meet(job(&pool, 2, &texts(2, second))).unwrap() {
                Met::Done(job) => job,
                // It had more rows than the other.
                Met::Offered(offered) => offered.back().await.unwrap(),
            };
            let mut one = waits.back().await.unwrap();
            assert_eq!(one.is_done(), first <= second);
            one.run().unwrap();
            let mut whole = Sha256::new();
            texts(1, first).iter().for_each(|text| whole.push(text));
            whole.push(b"end");
            let one = ended(one, &pool);
            assert_eq!(one.0, whole.finish());
            assert_eq!(one, alone(&pool, 1, first));
            assert_eq!(ended(two, &pool), alone(&pool, 2, second));
        }
    }

    #[tokio::test]
    async fn who_meets_nobody_does_his_rows_alone() {
        let (pairs, pool) = (Arc::new(Pairs::default()), Arc::new(Pool::new(64)));
        let job = pairs.finish(job(&pool, 1, &texts(1, 2))).await.unwrap();
        assert!(job.is_done());
        assert_eq!(ended(job, &pool), alone(&pool, 1, 2));
    }

    #[tokio::test]
    async fn rows_that_were_offered_can_be_had_back_and_offered_again_with_more() {
        let (pairs, pool) = (Arc::new(Pairs::default()), Arc::new(Pool::new(64)));
        let all = texts(1, 3);
        let waits = offered(pairs.meet(job(&pool, 1, &all[..1])).unwrap());
        let Back::Job(mut one) = waits.try_back().unwrap() else { panic!("nobody is at it") };
        one.append(fill(RowBuffer::next(&pool), &all[1..]));
        let waits = offered(pairs.meet(one).unwrap());
        let two = done(pairs.meet(job(&pool, 2, &texts(2, 3))).unwrap());
        let Back::Job(one) = waits.try_back().unwrap() else { panic!("nobody is at it") };
        assert_eq!(ended(one, &pool), alone(&pool, 1, 3));
        assert_eq!(ended(two, &pool), alone(&pool, 2, 3));
    }

    #[tokio::test]
    async fn rows_come_behind_those_that_are_done_and_those_that_are_not() {
        let (pairs, pool) = (Arc::new(Pairs::default()), Arc::new(Pool::new(64)));
        let all = texts(1, 5);
        let waits = offered(pairs.meet(job(&pool, 1, &all[..3])).unwrap());
        done(pairs.meet(job(&pool, 2, &texts(2, 1))).unwrap());
        let Back::Job(mut one) = waits.try_back().unwrap() else { panic!("nobody is at it") };
        assert!(!one.is_done());
        one.append(fill(RowBuffer::next(&pool), &all[3..]));
        let waits = offered(pairs.meet(one).unwrap());
        done(pairs.meet(job(&pool, 3, &texts(3, 4))).unwrap());
        let one = waits.back().await.unwrap();
        assert!(one.is_done());
        assert_eq!(ended(one, &pool), alone(&pool, 1, 5));
    }

    #[tokio::test]
    async fn an_upload_that_ends_takes_its_offer_with_it() {
        let (pairs, pool) = (Arc::new(Pairs::default()), Arc::new(Pool::new(1)));
        drop(pairs.meet(job(&pool, 1, &texts(1, 1))).unwrap());
        assert!(pairs.waiting().offers.is_empty());
        assert!(pool.has_free(), "its row went back");
    }

    #[tokio::test]
    async fn an_upload_whose_partner_fails_is_told() {
        let (pairs, pool) = (Arc::new(Pairs::default()), Arc::new(Pool::new(64)));
        let taken = |n| {
            let waits = offered(pairs.meet(job(&pool, n, &texts(n, 1))).unwrap());
            (waits, pairs.waiting().offers.pop().unwrap())
        };
        let (waits, partner) = taken(1);
        let Back::Busy(waits) = waits.try_back().unwrap() else { panic!("somebody is at it") };
        drop(partner);
        assert!(waits.try_back().is_err());
        let (waits, partner) = taken(2);
        drop(partner);
        assert!(waits.back().await.is_err());
    }
}
