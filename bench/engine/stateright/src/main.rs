//! Two-phase commit as bench/engine/two_phase_commit.h has it, in the same packed form, for
//! Stateright: prints "states transitions" of an exhaustive search on one thread.

use stateright::{Checker, Model, Property};

#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
struct State {
    resources: u32, // two bits each: working, prepared, committed, aborted
    heard: u16,     // by the transaction manager: who is prepared
    prepared: u16,  // messages: who has said so
    manager: u8,    // undecided, committed, aborted
    commit: bool,   // message
    abort: bool,    // message
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    ManagerCommits,
    ManagerAborts,
    ManagerHears(u32),
    Prepares(u32),
    ChoosesToAbort(u32),
    HearsCommit(u32),
    HearsAbort(u32),
}

struct TwoPhaseCommit {
    count: u32,
}

fn of(state: &State, rm: u32) -> u32 {
    state.resources >> (2 * rm) & 3
}

fn set(state: &mut State, rm: u32, to: u32) {
    state.resources = state.resources & !(3 << (2 * rm)) | to << (2 * rm);
}

impl Model for TwoPhaseCommit {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.manager == 0 {
            if u32::from(state.heard) == (1 << self.count) - 1 {
                actions.push(Action::ManagerCommits);
            }
            actions.push(Action::ManagerAborts);
        }
        for rm in 0..self.count {
            if state.manager == 0 && state.prepared >> rm & 1 != 0 {
                actions.push(Action::ManagerHears(rm));
            }
            if of(state, rm) == 0 {
                actions.push(Action::Prepares(rm));
                actions.push(Action::ChoosesToAbort(rm));
            }
            if state.commit {
                actions.push(Action::HearsCommit(rm));
            }
            if state.abort {
                actions.push(Action::HearsAbort(rm));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::ManagerCommits => {
                next.manager = 1;
                next.commit = true;
            }
            Action::ManagerAborts => {
                next.manager = 2;
                next.abort = true;
            }
            Action::ManagerHears(rm) => next.heard |= 1 << rm,
            Action::Prepares(rm) => {
                set(&mut next, rm, 1);
                next.prepared |= 1 << rm;
            }
            Action::HearsCommit(rm) => set(&mut next, rm, 2),
            Action::ChoosesToAbort(rm) | Action::HearsAbort(rm) => set(&mut next, rm, 3),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("consistent", |model: &TwoPhaseCommit, state: &State| {
                let any = |wanted| (0..model.count).any(|rm| of(state, rm) == wanted);
                !any(2) || !any(3)
            }),
            Property::sometimes("all commit", |model: &TwoPhaseCommit, state: &State| {
                state.resources == 0xaaaa_aaaau32 >> (32 - 2 * model.count)
            }),
            Property::sometimes("all abort", |model: &TwoPhaseCommit, state: &State| {
                state.resources == 0xffff_ffffu32 >> (32 - 2 * model.count)
            }),
        ]
    }
}

fn main() {
    let count = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("usage: two-phase-commit COUNT");
    let checker = TwoPhaseCommit { count }.checker().threads(1).spawn_dfs().join();
    checker.assert_properties();
    println!("{} {}", checker.unique_state_count(), checker.state_count());
}
