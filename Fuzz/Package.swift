// swift-tools-version: 6.2
import PackageDescription

// A package of its own: it needs unsafe flags, which no dependency may have. Run it through `make fuzz`.
let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v14)],
  dependencies: [.package(name: "attend", path: "..")],
  targets: [
    .executableTarget(
      name: "fuzz", dependencies: [.product(name: "AttendFuzzing", package: "attend")],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ],
  swiftLanguageModes: [.v6]
)
