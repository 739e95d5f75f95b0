// model/core/shared_map.h: an immutable ordered map whose copies share their parts.
//
// Shape:   a treap whose priorities are hashes of the keys, so that equal contents have one shape,
//          however they were reached. Copying costs one reference; Set and Erase copy one path.
// Digest:  the sum over the entries of Mix(key, value), kept in every node: the digest of a changed
//          map costs no more than the change. Values provide `Fingerprint DigestOf(const V&)`
//          (found by argument-dependent lookup).
// Threads: an immutable value; reference counts are atomic.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/core/hash.h"

namespace rehearse {

template <typename V>
class SharedMap {
  struct Node;
  using Link = std::shared_ptr<const Node>;

 public:
  using Value = std::shared_ptr<const V>;

  [[nodiscard]] std::size_t size() const { return root_ ? root_->size : 0; }
  [[nodiscard]] bool empty() const { return root_ == nullptr; }
  [[nodiscard]] Fingerprint Digest() const { return root_ ? root_->digest : 0; }

  // The value at `key`, or nullptr.
  [[nodiscard]] const V* Find(std::string_view key) const {
    const Node* node = FindNode(key);
    return node ? node->value.get() : nullptr;
  }
  [[nodiscard]] Value FindShared(std::string_view key) const {
    const Node* node = FindNode(key);
    return node ? node->value : nullptr;
  }

  [[nodiscard]] SharedMap Set(std::string key, V value) const {
    return SetShared(std::move(key), std::make_shared<const V>(std::move(value)));
  }
  [[nodiscard]] SharedMap SetShared(std::string key, Value value) const {
    const Fingerprint hash = HashString(key);
    const Fingerprint own = Mix(hash ^ Mix(DigestOf(*value)));
    return SharedMap(Insert(root_, Entry{std::move(key), std::move(value), hash, own}));
  }
  [[nodiscard]] SharedMap Erase(std::string_view key) const {
    return FindNode(key) ? SharedMap(Remove(root_, key)) : *this;
  }

  // The entries whose keys start with `prefix`.
  [[nodiscard]] SharedMap Below(std::string_view prefix) const {
    return SharedMap(KeepPrefix(root_, prefix));
  }
  [[nodiscard]] SharedMap ErasePrefix(std::string_view prefix) const {
    return SharedMap(RemovePrefix(root_, prefix));
  }

  // Linear in their number. REQUIRES: keys ascend strictly.
  [[nodiscard]] static SharedMap FromSorted(std::vector<std::pair<std::string, Value>> entries) {
    std::vector<std::shared_ptr<Node>>
        spine;  // the right edge of what is built; parts grow into it
    for (auto& [key, value] : entries) {
      const Fingerprint hash = HashString(key);
      const Fingerprint own = Mix(hash ^ Mix(DigestOf(*value)));
      auto node = std::make_shared<Node>(
          Node{std::move(key), std::move(value), hash, own, 0, 0, nullptr, nullptr});
      node->left = PopBelow(spine, node.get());
      spine.push_back(std::move(node));
    }
    return SharedMap(PopBelow(spine, nullptr));
  }

  // Calls visit(key, value) in key order for every key that starts with `prefix`.
  template <typename Visit>
  void ForPrefix(std::string_view prefix, Visit&& visit) const {
    Walk(root_.get(), prefix, visit);
  }
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    Walk(root_.get(), std::string_view(), visit);
  }
  // Calls visit(key, value) in key order for the keys that differ from `other` (value may be null:
  // the key is absent here).
  friend bool operator==(const SharedMap& a, const SharedMap& b) {
    return a.root_ == b.root_ || (a.size() == b.size() && a.Digest() == b.Digest());
  }

 private:
  struct Entry {
    std::string key;
    Value value;
    Fingerprint hash;
    Fingerprint own;
  };
  struct Node {
    std::string key;
    Value value;
    Fingerprint priority;
    Fingerprint own;     // digest of this entry alone
    Fingerprint digest;  // of the whole subtree
    std::size_t size;
    Link left;
    Link right;
  };

  explicit SharedMap(Link root) : root_(std::move(root)) {}

 public:
  SharedMap() = default;

 private:
  const Node* FindNode(std::string_view key) const {
    const Node* node = root_.get();
    while (node != nullptr) {
      const int order = key.compare(node->key);
      if (order == 0) {
        return node;
      }
      node = order < 0 ? node->left.get() : node->right.get();
    }
    return nullptr;
  }

  static Link Make(Entry entry, Link left, Link right) {
    const Fingerprint digest = entry.own + (left ? left->digest : 0) + (right ? right->digest : 0);
    const std::size_t size = 1 + (left ? left->size : 0) + (right ? right->size : 0);
    return std::make_shared<const Node>(Node{std::move(entry.key),
                                             std::move(entry.value),
                                             entry.hash,
                                             entry.own,
                                             digest,
                                             size,
                                             std::move(left),
                                             std::move(right)});
  }
  static Entry EntryOf(const Node& node) {
    return Entry{node.key, node.value, node.priority, node.own};
  }
  static Link With(const Node& node, Link left, Link right) {
    return Make(EntryOf(node), std::move(left), std::move(right));
  }

  static Link Insert(const Link& node, Entry entry) {
    if (!node) {
      return Make(std::move(entry), nullptr, nullptr);
    }
    const int order = entry.key.compare(node->key);
    if (order == 0) {
      return Make(std::move(entry), node->left, node->right);
    }
    if (Above(entry.hash, entry.key, *node)) {
      auto [left, right] = Split(node, entry.key);
      return Make(std::move(entry), std::move(left), std::move(right));
    }
    if (order < 0) {
      return With(*node, Insert(node->left, std::move(entry)), node->right);
    }
    return With(*node, node->left, Insert(node->right, std::move(entry)));
  }
  static bool Above(Fingerprint hash, const std::string& key, const Node& node) {
    return hash != node.priority ? hash > node.priority : key < node.key;
  }
  static std::pair<Link, Link> Split(const Link& node, std::string_view key) {
    if (!node) {
      return {nullptr, nullptr};
    }
    if (key.compare(node->key) < 0) {
      auto [left, right] = Split(node->left, key);
      return {std::move(left), With(*node, std::move(right), node->right)};
    }
    auto [left, right] = Split(node->right, key);
    return {With(*node, node->left, std::move(left)), std::move(right)};
  }
  static Link Join(const Link& left, const Link& right) {
    if (!left) {
      return right;
    }
    if (!right) {
      return left;
    }
    if (Above(left->priority, left->key, *right)) {
      return With(*left, left->left, Join(left->right, right));
    }
    return With(*right, Join(left, right->left), right->right);
  }
  static Link Remove(const Link& node, std::string_view key) {
    const int order = key.compare(node->key);
    if (order == 0) {
      return Join(node->left, node->right);
    }
    if (order < 0) {
      return With(*node, Remove(node->left, key), node->right);
    }
    return With(*node, node->left, Remove(node->right, key));
  }

  // Takes the nodes off the spine that must hang below `above` (all of them below nullptr).
  static std::shared_ptr<Node> PopBelow(std::vector<std::shared_ptr<Node>>& spine,
                                        const Node* above) {
    std::shared_ptr<Node> last;
    while (!spine.empty() &&
           (above == nullptr || Above(above->priority, above->key, *spine.back()))) {
      std::shared_ptr<Node> top = std::move(spine.back());
      spine.pop_back();
      top->right = std::move(last);
      top->digest =
          top->own + (top->left ? top->left->digest : 0) + (top->right ? top->right->digest : 0);
      top->size = 1 + (top->left ? top->left->size : 0) + (top->right ? top->right->size : 0);
      last = std::move(top);
    }
    return last;
  }

  // Nodes on the two edges of the range are made anew, whole subtrees inside it are shared.
  static Link KeepPrefix(const Link& node, std::string_view prefix) {
    if (!node) {
      return nullptr;
    }
    const int order = std::string_view(node->key).substr(0, prefix.size()).compare(prefix);
    if (order < 0) {
      return KeepPrefix(node->right, prefix);
    }
    if (order > 0) {
      return KeepPrefix(node->left, prefix);
    }
    Link left = KeepPrefix(node->left, prefix);
    Link right = KeepPrefix(node->right, prefix);
    return left == node->left && right == node->right
               ? node
               : With(*node, std::move(left), std::move(right));
  }

  static Link RemovePrefix(const Link& node, std::string_view prefix) {
    if (!node) {
      return nullptr;
    }
    const int order = std::string_view(node->key).substr(0, prefix.size()).compare(prefix);
    Link left = order >= 0 ? RemovePrefix(node->left, prefix) : node->left;
    Link right = order <= 0 ? RemovePrefix(node->right, prefix) : node->right;
    if (order == 0) {
      return Join(left, right);
    }
    return left == node->left && right == node->right
               ? node
               : With(*node, std::move(left), std::move(right));
  }

  template <typename Visit>
  static void Walk(const Node* node, std::string_view prefix, Visit& visit) {
    if (node == nullptr) {
      return;
    }
    const int order = std::string_view(node->key).substr(0, prefix.size()).compare(prefix);
    if (order >= 0) {
      Walk(node->left.get(), prefix, visit);
    }
    if (order == 0) {
      visit(node->key, node->value);
    }
    if (order <= 0) {
      Walk(node->right.get(), prefix, visit);
    }
  }

  Link root_;
};

}  // namespace rehearse
