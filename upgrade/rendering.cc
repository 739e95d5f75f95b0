#include "upgrade/rendering.h"

#include "model/kube/codec.h"

namespace rehearse::upgrade {
namespace {

helm::JsonPtr Live(const RenderQuestion& question, const helm::ObjectRef& ref) {
  if (question.before != nullptr) {
    for (const helm::JsonPtr& object : *question.before) {
      const helm::ObjectRef found = helm::RefOf(*object, question.survey.ns);
      if (found.kind == ref.kind && found.name == ref.name) {
        return object;
      }
    }
    return nullptr;
  }
  const kube::Ref key{ref.kind, ref.ns, ref.name};
  const kube::Object* object = question.survey.situation->objects.Find(key.Key());
  return object != nullptr ? helm::Share(kube::ToJson(*object)) : nullptr;
}

}  // namespace

helm::RenderOutcome RenderStep(const RenderQuestion& question) {
  helm::RenderRequest request;
  request.chart_version = question.step.to.chart.ToString();
  request.values = question.step.config;
  request.base_values = question.step.base;
  request.base_chart = question.step.from.chart.ToString();
  request.release = question.survey.release;
  request.ns = question.survey.ns;
  request.current = std::make_shared<const helm::ReleaseRecord>(question.survey.deployed);
  request.revision = question.survey.newest.revision + question.number;
  for (const helm::ObjectRef& ref : question.renderer.Lookups(request)) {
    request.live.push_back(Live(question, ref));
  }
  return question.renderer.Render(request);
}

std::string ForeignObject(const Survey& survey, const helm::Objects& rendered) {
  for (const helm::JsonPtr& object : rendered) {
    const helm::ObjectRef ref = helm::RefOf(*object, survey.ns);
    const kube::Object* live =
        survey.situation->objects.Find(kube::Ref{ref.kind, ref.ns, ref.name}.Key());
    const auto owner = live != nullptr ? live->annotations.find("meta.helm.sh/release-name")
                                       : kube::Labels::const_iterator();
    if (live != nullptr && (owner == live->annotations.end() || owner->second != survey.release)) {
      return ref.kind + "/" + ref.name +
             " exists and does not belong to the release: helm refuses to take it over (invalid "
             "ownership metadata). Rename or remove it first";
    }
  }
  return "";
}

}  // namespace rehearse::upgrade
