// Machine-readable CamelCase reasons of a status, a rollout or an event.
//
// All of Teal's own reasons are here. A reason that is not (written by another release, or specific to a driver) is
// kept verbatim and shown to people; but no code can compare with it.
#pragma once

#include <compare>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace teal::spec {

// clang-format off
#define TEAL_REASONS(word) \
  /* where a rollout stands: its phases (manifests/spec/phase.hpp) */ \
  word(Pending) word(Preparing) word(Migrating) word(Starting) word(Introducing) word(Verifying) word(Withdrawing) \
  word(Retiring) word(Complete) word(AwaitingApproval) word(RollingBack) word(RolledBack) word(Failed) word(Superseded) \
  /* what it waits for */ \
  word(AdoptionBlocked) word(Analysing) word(AnalysisFailing) word(AnalysisWithoutData) word(BackendNotFound) word(BackendNotUsable) \
  word(Baking) word(CheckingGrants) word(Deleting) word(Draining) word(EngineDiskFull) word(EngineNotUsable) \
  word(ImagePullFailing) word(KeepingOld) word(LedgerNotWritten) word(LoadBalancerUnavailable) \
  word(MigrationLockHeld) word(MigrationOpenElsewhere) word(MigrationStillRunning) \
  word(Paused) word(Preflight) word(PullingImage) word(ReadingSecrets) word(RegisteringServers) word(RemovingServers) \
  word(ReplacingReplica) word(RollbackStuck) word(RunningHook) word(SharedDependencyDown) word(StartingReplicas) \
  word(Stopping) word(TakingMigrationLock) word(UpgradeAllowed) word(UpgradeBlocked) word(WaitingForHealth) \
  word(WaitingForOldReplica) word(WaitingForReplicas) word(WaitingForServers) word(WaitingForTurn) \
  word(WaitingForWindow) \
  /* why it is given up, or paused where it stands */ \
  word(Aborted) word(AnalysisFailed) word(DeadlineExceeded) word(GrantsNotChecked) word(HealthCheckFailed) \
  word(HookFailed) word(HookNotStarted) word(HookTimedOut) word(HookUnknown) word(ImageNotFound) word(ImagePullFailed) \
  word(MigrationFailed) word(MigrationNotStarted) word(MigrationTimedOut) word(MigrationUnknown) word(NoPrometheus) \
  word(NotSupported) word(PreflightFailed) word(ReplicaExited) word(ReplicaNotStarted) word(RollbackAsked) \
  /* what else happened */ \
  word(ActionFailed) word(Approved) word(BackendOptionIgnored) word(ChecksPassAgain) word(DrainTimedOut) word(FailsOpen) word(GivenUp) word(HookAttemptFailed) word(HookStarted) \
  word(HookSucceeded) word(JobEndAsked) word(JobKilled) word(LeftBehind) word(LoadBalancerAnswers) word(MaintenanceBegan) word(MaintenanceEnded) word(MigrationAttemptFailed) word(MigrationLockLost) \
  word(MigrationLockTaken) word(MigrationNotNeeded) word(MigrationStarted) word(MigrationSucceeded) word(PredecessorsOut) word(PredecessorsStopped) \
  word(ReplicaGivenBack) word(ReplicaHung) word(ReplicaSetAside) word(Resumed) word(Retried) word(RolloutStarted) word(SameImage) word(SchemaStays) word(StopTimedOut) word(TagMoved) word(TakenOutByHand) \
  /* of an application */ \
  word(Accepted) word(Adopted) word(AllReplicasReady) word(CertificateEnded) word(CertificateEndsSoon) word(CertificatesValid) word(Created) word(Deleted) word(Drained) word(Held) word(HeldByOther) word(Lost) \
  word(ManifestRefused) word(ManifestRemoved) word(MemoryOlderThanWorld) word(NoFindings) word(NoJobs) word(NotObserved) word(Orphaned) \
  word(OwnedByAnother) word(Read) word(RecreatedByHand) word(ReplicasNotReady) word(SecretChanged) word(SecretReadable) word(SecretUnreadable) word(StoreUnavailable) \
  word(StoredSpecUnreadable) word(StrangeContainer) word(Suspended) word(Updated) word(Verified) \
  /* of teald itself */ \
  word(ImageNotRemoved) word(ImageRemoved) word(ManifestFolderRead) word(ManifestFolderRefused) \
  word(NotificationDropped) word(NotificationFailed) word(TlsExpired) word(TlsKept) word(TlsTakenOver) word(TokensRead) \
  word(TokensUnreadable) \
  /* what is wrong with a database */ \
  word(AnswersWithoutEnd) word(ApplicationLoginRefused) word(ApplicationUserCanChangeSchema) word(ExtensionMissing) \
  word(ExtensionNotInstalled) word(FewConnections) word(GrantsMissing) word(IdleInTransaction) word(InvalidIndex) \
  word(LedgerFormat) word(LongTransaction) word(MigrationLoginRefused) word(MigrationUserCannotChangeSchema) \
  word(MigrationUserOwnsNotAll) \
  word(NoFreeConnections) word(NoSuchDatabase) word(NotChecked) word(PoolerRefuses) word(PreparedTransaction) \
  word(ReadOnly) word(Replica) word(ServerNotVerified) word(ServerTooOld) word(TlsNotAsAsked) word(TransactionPooler) \
  word(WaitsForMigrationLock) \
  word(Unreachable)
// clang-format on

class Reason {
 public:
  enum Word : std::uint8_t {
    None,      // empty
    Unlisted,  // none of the below
#define TEAL_REASON_WORD(word) word,
    TEAL_REASONS(TEAL_REASON_WORD)
#undef TEAL_REASON_WORD
  };

  Reason() = default;
  Reason(Word word) : word_(word) {}  // NOLINT(google-explicit-constructor): a word is one

  // Out of what somebody wrote; never fails.
  [[nodiscard]] static Reason named(std::string_view text);

  [[nodiscard]] Word word() const { return word_; }
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] bool empty() const { return word_ == None; }

  friend bool operator==(const Reason&, const Reason&) = default;
  friend auto operator<=>(const Reason&, const Reason&) = default;

 private:
  Word word_ = None;
  std::string unknown_;
};

[[nodiscard]] inline std::string_view to_string(const Reason& reason) { return reason.text(); }
std::ostream& operator<<(std::ostream& out, const Reason& reason);
std::ostream& operator<<(std::ostream& out, Reason::Word word);

}  // namespace teal::spec
