#include "manifests/names.hpp"

#include <array>

namespace teal {

std::span<const Name<PullPolicy>> names_of(PullPolicy) {
  static constexpr std::array<Name<PullPolicy>, 3> table{
      {{PullPolicy::Always, "Always"}, {PullPolicy::IfNotPresent, "IfNotPresent"}, {PullPolicy::Never, "Never"}}};
  return table;
}

std::span<const Name<JobPhase>> names_of(JobPhase) {
  static constexpr std::array<Name<JobPhase>, 2> table{
      {{JobPhase::BeforeStart, "BeforeStart"}, {JobPhase::AfterCutover, "AfterCutover"}}};
  return table;
}

std::span<const Name<MigrationMode>> names_of(MigrationMode) {
  static constexpr std::array<Name<MigrationMode>, 2> table{
      {{MigrationMode::Job, "Job"}, {MigrationMode::ApplicationManaged, "ApplicationManaged"}}};
  return table;
}

std::span<const Name<SslMode>> names_of(SslMode) {
  static constexpr std::array<Name<SslMode>, 5> table{{{SslMode::Disable, "disable"},
                                                       {SslMode::Prefer, "prefer"},
                                                       {SslMode::Require, "require"},
                                                       {SslMode::VerifyCA, "verify-ca"},
                                                       {SslMode::VerifyFull, "verify-full"}}};
  return table;
}

std::span<const Name<Replace>> names_of(Replace) {
  static constexpr std::array<Name<Replace>, 2> table{
      {{Replace::Overlap, "Overlap"}, {Replace::StopFirst, "StopFirst"}}};
  return table;
}

std::span<const Name<Strategy>> names_of(Strategy) {
  static constexpr std::array<Name<Strategy>, 2> table{
      {{Strategy::BlueGreen, "BlueGreen"}, {Strategy::Recreate, "Recreate"}}};
  return table;
}

std::span<const Name<Approval>> names_of(Approval) {
  static constexpr std::array<Name<Approval>, 3> table{{{Approval::None, "None"},
                                                        {Approval::BeforeMigration, "BeforeMigration"},
                                                        {Approval::BeforeCutover, "BeforeCutover"}}};
  return table;
}

std::span<const Name<OnFailure>> names_of(OnFailure) {
  static constexpr std::array<Name<OnFailure>, 2> table{
      {{OnFailure::RollBack, "RollBack"}, {OnFailure::Pause, "Pause"}}};
  return table;
}

std::span<const Name<OnNoData>> names_of(OnNoData) {
  static constexpr std::array<Name<OnNoData>, 3> table{
      {{OnNoData::Fail, "Fail"}, {OnNoData::Pass, "Pass"}, {OnNoData::Hold, "Hold"}}};
  return table;
}

std::span<const Name<Weekday>> names_of(Weekday) {
  static constexpr std::array<Name<Weekday>, 7> table{{{Weekday::Mon, "Mon"},
                                                       {Weekday::Tue, "Tue"},
                                                       {Weekday::Wed, "Wed"},
                                                       {Weekday::Thu, "Thu"},
                                                       {Weekday::Fri, "Fri"},
                                                       {Weekday::Sat, "Sat"},
                                                       {Weekday::Sun, "Sun"}}};
  return table;
}

std::span<const Name<OutsideTrain>> names_of(OutsideTrain) {
  static constexpr std::array<Name<OutsideTrain>, 3> table{
      {{OutsideTrain::Block, "Block"}, {OutsideTrain::Recreate, "Recreate"}, {OutsideTrain::BlueGreen, "BlueGreen"}}};
  return table;
}

std::span<const Name<Hops>> names_of(Hops) {
  static constexpr std::array<Name<Hops>, 2> table{{{Hops::Manual, "Manual"}, {Hops::Automatic, "Automatic"}}};
  return table;
}

}  // namespace teal
