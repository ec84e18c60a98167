#include "tests/support/docker_stand_in/answers.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>

namespace teal::test::stand_in {

namespace json = boost::json;

namespace {

// What every container's HostConfig and Config say beside, as Docker 28 writes it.
constexpr std::string_view host_rest =
    R"("ContainerIDFile":"","NetworkMode":"bridge","RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":false,"VolumeDriver":"","VolumesFrom":null,"ConsoleSize":[0,0],"CapAdd":null,"CapDrop":null,"CgroupnsMode":"private","Dns":null,"DnsOptions":null,"DnsSearch":null,"ExtraHosts":null,"GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,"OomScoreAdj":0,"PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":false,"SecurityOpt":null,"UTSMode":"","UsernsMode":"","ShmSize":67108864,"Runtime":"runc","Isolation":"","CpuShares":0,"Memory":0,"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":null,"BlkioDeviceReadBps":null,"BlkioDeviceWriteBps":null,"BlkioDeviceReadIOps":null,"BlkioDeviceWriteIOps":null,"CpuPeriod":0,"CpuQuota":0,"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":null,"DeviceCgroupRules":null,"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":null,"PidsLimit":null,"Ulimits":null,"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,"MaskedPaths":["/proc/asound","/proc/acpi","/proc/interrupts","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware","/sys/devices/virtual/powercap"],"ReadonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"])";
constexpr std::string_view config_rest =
    R"("Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Volumes":null,"WorkingDir":"/","Entrypoint":null,"OnBuild":null)";
constexpr std::string_view network_rest =
    R"("Bridge":"","SandboxID":"6d2e0c0d1b1ac1f2b0c4d8a3f6a1c9b5e7d3f2a1c0b9e8d7c6b5a49382716051","SandboxKey":"/var/run/docker/netns/6d2e0c0d1b1a","HairpinMode":false,"LinkLocalIPv6Address":"","LinkLocalIPv6PrefixLen":0,"SecondaryIPAddresses":null,"SecondaryIPv6Addresses":null,"EndpointID":"4f1b2a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8","Gateway":"172.17.0.1","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"IPAddress":"172.17.0.2","IPPrefixLen":16,"IPv6Gateway":"","MacAddress":"02:42:ac:11:00:02","Networks":{"bridge":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"02:42:ac:11:00:02","DriverOpts":null,"NetworkID":"7c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f","EndpointID":"4f1b2a3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8","Gateway":"172.17.0.1","IPAddress":"172.17.0.2","IPPrefixLen":16,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}})";

std::string state_word(const Container& container) {
  switch (container.state) {
    case State::Created:
      return "created";
    case State::Running:
      return "running";
    case State::Exited:
      break;
  }
  return "exited";
}

std::string status_words(const Container& container) {
  if (container.state == State::Created) return "Created";
  if (container.state == State::Running) return "Up 2 hours";
  return fmt::format("Exited ({}) 2 minutes ago", container.exit_code);
}

std::string array_of(const std::vector<std::string>& words, std::size_t from) {
  json::array array;
  for (auto i = from; i < words.size(); ++i) array.emplace_back(words[i]);
  return json::serialize(array);
}

}  // namespace

std::string quoted(std::string_view text) { return json::serialize(json::value(json::string_view{text})); }

std::string time_text(std::int64_t time) {
  if (time == 0) return "0001-01-01T00:00:00Z";
  const std::time_t seconds = time / 1'000'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", parts, time % 1'000'000'000);
}

std::string listed(const Container& container) {
  std::string ports;
  if (container.port != 0 && container.host_port != 0) {
    ports = fmt::format(R"({{"IP":"127.0.0.1","PrivatePort":{},"PublicPort":{},"Type":"tcp"}})", container.port,
                        container.host_port);
  }
  return fmt::format(
      R"({{"Id":"{}","Names":["/{}"],"Image":{},"ImageID":"{}","Command":"\"/bin/sh\"","Created":{},"Ports":[{}],"Labels":{},"State":"{}","Status":"{}","HostConfig":{{"NetworkMode":"bridge"}},"NetworkSettings":{{{}}},"Mounts":{}}})",
      container.id, container.name, quoted(container.image), container.image_id, container.created / 1'000'000'000,
      ports, json::serialize(container.labels), state_word(container), status_words(container),
      network_rest.substr(network_rest.find("\"Networks\"")), container.mounts);
}

std::string inspected(const Container& container) {
  const bool runs = container.state == State::Running;
  const auto state = fmt::format(
      R"({{"Status":"{}","Running":{},"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":{},"ExitCode":{},"Error":{},"StartedAt":"{}","FinishedAt":"{}"}})",
      state_word(container), runs, runs ? 4711 : 0, container.exit_code, quoted(container.error),
      time_text(container.started), time_text(container.finished));
  std::string ports;
  if (container.port != 0 && container.host_port != 0) {
    ports = fmt::format(R"("{}/tcp":[{{"HostIp":"127.0.0.1","HostPort":"{}"}}])", container.port, container.host_port);
  }
  auto text = fmt::format(
      R"({{"Id":"{0}","Created":"{1}","Path":{2},"Args":{3},"State":{4},"Image":"{5}","ResolvConfPath":"/var/lib/docker/containers/{0}/resolv.conf","HostnamePath":"/var/lib/docker/containers/{0}/hostname","HostsPath":"/var/lib/docker/containers/{0}/hosts","LogPath":"/var/lib/docker/containers/{0}/{0}-json.log","Name":"/{6}","RestartCount":0,"Driver":"overlay2","Platform":"linux","MountLabel":"","ProcessLabel":"","AppArmorProfile":"","ExecIDs":null,)",
      container.id, time_text(container.created), quoted(container.words.empty() ? "/bin/sh" : container.words[0]),
      array_of(container.words, 1), state, container.image_id, container.name);
  text += fmt::format(R"("HostConfig":{{"Binds":null,"LogConfig":{},"Mounts":{},{}}},)", container.log_config,
                      container.mounts, host_rest);
  text += fmt::format(
      R"("GraphDriver":{{"Data":{{"LowerDir":"/var/lib/docker/overlay2/{0}-init/diff","MergedDir":"/var/lib/docker/overlay2/{0}/merged","UpperDir":"/var/lib/docker/overlay2/{0}/diff","WorkDir":"/var/lib/docker/overlay2/{0}/work"}},"Name":"overlay2"}},"Mounts":{1},)",
      container.id, container.mounts);
  text += fmt::format(R"("Config":{{"Hostname":"{}","Env":{},"Cmd":{},"Image":{},"Labels":{},"StopSignal":{},{}}},)",
                      container.id.substr(0, 12), container.env, container.command, quoted(container.image),
                      json::serialize(container.labels), quoted(container.stop_signal), config_rest);
  text += fmt::format(R"("NetworkSettings":{{"Ports":{{{}}},{}}}}})", ports, network_rest);
  return text;
}

std::string inspected(const Image& image) {
  const auto repository = image.reference.substr(0, image.reference.rfind(':'));
  return fmt::format(
      R"({{"Id":"{}","RepoTags":[{}],"RepoDigests":["{}@sha256:{}"],"Parent":"","Comment":"","Created":"2026-01-01T00:00:00Z","DockerVersion":"","Author":"","Config":{{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":{},"Labels":{},{}}},"Architecture":"amd64","Os":"linux","Size":73400320,"GraphDriver":{{"Data":null,"Name":"overlay2"}},"RootFS":{{"Type":"layers","Layers":["sha256:{}"]}},"Metadata":{{"LastTagTime":"0001-01-01T00:00:00Z"}}}})",
      image.id, quoted(image.reference), repository, digest_of(image.reference),
      image.command.empty() ? R"(["/bin/sh"])" : array_of(image.command, 0), json::serialize(image.labels), config_rest,
      digest_of(image.id));
}

std::string version_answer() {
  return R"({"Platform":{"Name":"stand-in"},"Components":[{"Name":"Engine","Version":"28.5.0"},{"Name":"docker-init","Version":"0.19.0"}],"Version":"28.5.0","ApiVersion":"1.51","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"})";
}

std::string info_answer(const Containers& containers) {
  return fmt::format(
      R"({{"ID":"stand-in","Containers":{},"ContainersRunning":{},"Driver":"overlay2","LoggingDriver":"json-file","LiveRestoreEnabled":false,"DockerRootDir":"/tmp","Name":"stand-in","ServerVersion":"28.5.0"}})",
      containers.size(), containers.running());
}

std::string bridge_answer(std::int64_t began) {
  return fmt::format(R"({{"Name":"bridge","Id":"{}","Created":"{}","Scope":"local","Driver":"bridge"}})",
                     digest_of("bridge"), time_text(began));
}

}  // namespace teal::test::stand_in
