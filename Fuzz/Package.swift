// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that no user's build sees it. Run it through `make fuzz`.
let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v14)],
  dependencies: [.package(name: "attend", path: "..")],
  targets: [
    .executableTarget(name: "fuzz", dependencies: [.product(name: "AttendFuzzing", package: "attend")])
  ],
  swiftLanguageModes: [.v6]
)
