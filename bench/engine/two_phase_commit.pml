/* Two-phase commit with N resource managers, as bench/engine/two_phase_commit.h has it: one process
 * whose every option is one action, so that SPIN stores a state for each state of the protocol. */
#ifndef N
#define N 3
#endif
#define ALL ((1 << N) - 1)

byte tm;            /* 0: undecided, 1: committed, 2: aborted */
byte rm[N];         /* 0: working, 1: prepared, 2: committed, 3: aborted */
short heard;        /* by the transaction manager: who is prepared */
short prepared;     /* messages: who has said so */
bit commit, abort;  /* messages */
byte committed;     /* how many have: for the invariant */
byte aborted;

#define MANAGER(i) \
  :: d_step { tm == 0 && (prepared & (1 << i)) -> heard = heard | (1 << i) } \
  :: d_step { rm[i] == 0 -> rm[i] = 1; prepared = prepared | (1 << i) } \
  :: d_step { rm[i] == 0 -> rm[i] = 3; aborted++ } \
  :: d_step { commit -> if :: rm[i] == 2 :: else -> rm[i] = 2; committed++ fi } \
  :: d_step { abort -> if :: rm[i] == 3 :: else -> rm[i] = 3; aborted++ fi }

active proctype system() {
  do
  :: d_step { tm == 0 && heard == ALL -> tm = 1; commit = 1 }
  :: d_step { tm == 0 -> tm = 2; abort = 1 }
  :: d_step { committed > 0 && aborted > 0 -> assert(false) }
  MANAGER(0)
#if N > 1
  MANAGER(1)
#endif
#if N > 2
  MANAGER(2)
#endif
#if N > 3
  MANAGER(3)
#endif
#if N > 4
  MANAGER(4)
#endif
#if N > 5
  MANAGER(5)
#endif
#if N > 6
  MANAGER(6)
#endif
#if N > 7
  MANAGER(7)
#endif
#if N > 8
  MANAGER(8)
#endif
  od
}
