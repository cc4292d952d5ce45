import CAttend
import CAttendEmulated
import CAttendProperties
import Testing

/// A table of kernels that this machine can run: natively, or compiled to simpler instructions.
struct Level: Sendable, CustomTestStringConvertible {
  let isa: at_isa
  let isEmulated: Bool

  /// `nil` when the machine lacks the level.
  var kernels: UnsafePointer<at_kernels>? { isEmulated ? at_kernels_emulated(isa) : at_kernels_at(isa) }

  var testDescription: String { String(cString: at_isa_name(isa)) + (isEmulated ? " (emulated)" : "") }

  static let all = (0..<UInt32(AT_ISA_COUNT)).flatMap { number in
    [false, true].map { Level(isa: at_isa(rawValue: number), isEmulated: $0) }
  }
  .filter { $0.kernels != nil }
}

/// One family's property from `CAttendProperties`.
struct Property: Sendable, CustomTestStringConvertible {
  typealias Check =
    @Sendable @convention(c) (
      UnsafePointer<at_kernels>?, UInt64, Int32, (@convention(c) (UnsafePointer<CChar>?) -> Void)?
    )
    -> Int32

  let name: String
  let cases: Int32
  let check: Check

  var testDescription: String { name }

  /// Records an issue for every failed check.
  func expect(of level: UnsafePointer<at_kernels>?, seed: UInt64) {
    let failures = check(level, seed, cases) { message in
      if let message { Issue.record(Comment(rawValue: String(cString: message))) }
    }
    #expect(failures == 0)
  }
}

@Suite struct PropertyTests {
  static let ofLevels = [
    Property(name: "elementwise", cases: 1000, check: at_property_elementwise),
    Property(name: "normalize", cases: 1000, check: at_property_normalize),
    Property(name: "convert", cases: 300, check: at_property_convert),
    Property(name: "training", cases: 300, check: at_property_training),
    Property(name: "search", cases: 500, check: at_property_search),
    Property(name: "products", cases: 200, check: at_property_products),
    Property(name: "matmul", cases: 200, check: at_property_matmul),
    Property(name: "attention", cases: 60, check: at_property_attention),
    Property(name: "gradients", cases: 300, check: at_property_gradients),
    Property(name: "dense attention", cases: 150, check: at_property_dense_attention),
    Property(name: "recurrent", cases: 60, check: at_property_recurrent),
  ]

  @Test(arguments: Level.all, ofLevels)
  func holds(at level: Level, property: Property) {
    property.expect(of: level.kernels, seed: 2026)
  }

  @Test func copiesAnyStridedView() {
    Property(name: "copy", cases: 2000, check: at_property_copy).expect(of: at_kernels_best(), seed: 1)
  }

  // The number of threads and the live memory belong to the process, so these two get one of their own.

  @Test func poolVisitsEveryIndexOnce() async {
    await #expect(processExitsWith: .success) {
      Property(name: "pool", cases: 100, check: at_property_pool).expect(of: at_kernels_best(), seed: 3)
    }
  }

  @Test func recurrentLayersDoNotDependOnThreads() async {
    await #expect(processExitsWith: .success) {
      Property(name: "recurrent threads", cases: 60, check: at_property_recurrent_threads)
        .expect(of: at_kernels_best(), seed: 5)
    }
  }

  @Test func memoryIsAlignedAndFoundAgain() async {
    await #expect(processExitsWith: .success) {
      Property(name: "memory", cases: 200, check: at_property_memory).expect(of: at_kernels_best(), seed: 4)
    }
  }

  @Test func everyMachineHasALevelThatVectorises() {
    #if arch(x86_64) || arch(arm64)
      #expect(Level.all.count >= 2)
    #endif
    #expect(at_kernels_at(AT_ISA_PORTABLE) != nil)
    #expect(at_kernels_best().pointee.isa.rawValue >= AT_ISA_PORTABLE.rawValue)
  }
}
