// model/core/overloaded.h: one function object out of several, for std::visit with a case each.
#pragma once

namespace rehearse {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace rehearse
