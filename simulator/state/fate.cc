#include "simulator/state/fate.h"

#include <array>

namespace rehearse::sim {
namespace {

// In the order of the enumerators.
constexpr std::array kNames = {
    std::string_view("applied"),
    std::string_view("not applied"),
    std::string_view("conflict"),
    std::string_view("applied, acknowledgement lost"),
    std::string_view("timeout, not applied"),
    std::string_view("server error"),
    std::string_view("forbidden"),
    std::string_view("forbidden for ever"),
    std::string_view("claim pending"),
    std::string_view("claim pending for ever"),
    std::string_view("read fails"),
    std::string_view("stale read"),
    std::string_view("pod deleted"),
    std::string_view("pod evicted"),
    std::string_view("nodes full"),
    std::string_view("nodes full for ever"),
    std::string_view("node lost"),
    std::string_view("node lost for ever"),
    std::string_view("etcd leader changes"),
    std::string_view("etcd down"),
    std::string_view("etcd down for ever"),
    std::string_view("leases late"),
    std::string_view("somebody scales"),
    std::string_view("somebody upgrades"),
    std::string_view("somebody deletes"),
    std::string_view("image pull fails"),
    std::string_view("image pull fails for ever"),
    std::string_view("crash loop"),
    std::string_view("crash loop for ever"),
    std::string_view("process killed"),
    std::string_view("request fails"),
    std::string_view("tool panics"),
    std::string_view("executor killed before"),
    std::string_view("executor killed after"),
    std::string_view("interrupted"),
    std::string_view("started anew"),
    std::string_view("run once again"),
};
static_assert(kNames.size() == static_cast<std::size_t>(Fate::kRunOnceAgain) + 1);

}  // namespace

std::string_view NameOf(Fate fate) { return kNames.at(static_cast<std::size_t>(fate)); }

}  // namespace rehearse::sim
