// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that a user's build never sees the benchmarks. Build with `-c release`.
let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v14)],
  dependencies: [.package(name: "attend", path: "..")],
  targets: [
    .target(name: "CPeak"),
    .executableTarget(
      name: "kernel-bench",
      // The kernels come along with the tensors; nothing but this program and its tests call them directly.
      dependencies: [.product(name: "AttendTensor", package: "attend"), "CPeak"]),
    .executableTarget(
      name: "peer-worker", dependencies: [.product(name: "AttendModels", package: "attend"), "CPeak"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
