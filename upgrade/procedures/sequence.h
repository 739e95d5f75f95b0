// upgrade/procedures/sequence.h: several drivers one after the other, as a person works who runs a
// procedure, looks at its end and does something next: the same again, the way back, another
// command. A Sequence is a Driver itself, so all that is done with one can be done with it.
//
//   Sequence({{.name = "migrate", .driver = script},                     // killed: typed again
//             {.name = "scale", .driver = ByHand(Scale{...}, 0), .is_act = true},
//             {.name = "migrate again", .driver = script, .when = When::kAfterFailure}});
//
// Units:   patience_ms milliseconds since the part was begun (or resumed).
// Shape:   the parts run in order; `when` looks at the last part that was no act. The outcome is
//          that of the last part that ran and was no act; its account lists what became of each.
// Journal: what the person remembers: "begin N", "line N TEXT" (the part's own), "end N KIND CODE
//          TEXT". After a kill the part under way is run again on its own lines (AfterKill::kAgain;
//          a script keeps none and begins from scratch), or the person goes on with the next one.
//          Parts that name the same `journal` share its lines: an executor that is called again
//          after a stop, an operator's resource whose operation is changed.
// Errors:  Resume: kInvalidArgument for a line that is none of these. A part whose own journal
//          does not fit ends as a stop with that message.
// Not modelled: Ctrl-C out of patience while helm runs does not end helm (a fault does).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/cluster/port.h"

namespace rehearse::upgrade {

enum class When { kAlways, kAfterFailure, kAfterSuccess };
enum class AfterKill { kAgain, kNext };

struct Part {
  std::string name;  // for the account
  std::shared_ptr<const cluster::Driver> driver;
  When when = When::kAlways;  // nothing ran before: kAlways and kAfterSuccess apply
  AfterKill after_kill = AfterKill::kAgain;
  bool is_act = false;       // its end is not the sequence's
  Millis patience_ms = 0;    // then Ctrl-C, which counts as a failure; 0 = waits for ever
  std::string journal = {};  // "" = one of its own
};

// The part, and up to `more` times the same after a failure.
std::vector<Part> Again(const Part& part, int more);

class Sequence final : public cluster::Driver {
 public:
  // REQUIRES: parts is not empty, every part has a driver.
  explicit Sequence(std::vector<Part> parts);

  [[nodiscard]] Result<cluster::DriverStatePtr> Resume(
      const std::vector<std::string>& journal) const override;
  [[nodiscard]] cluster::Turn Next(const cluster::DriverStatePtr& state,
                                   const cluster::Input& input,
                                   Instant now) const override;

 private:
  std::vector<Part> parts_;
};

}  // namespace rehearse::upgrade
