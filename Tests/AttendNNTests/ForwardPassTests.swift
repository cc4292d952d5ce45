import AttendNN
import AttendTensor
import Testing

@Suite struct ForwardPassTests {
  /// A pass that gets the only reference to a cache writes into its pages as they are.
  @Test func cachesThatAreHandedOverAreNotCopied() throws {
    let shape = KeyValueShape(layers: 2, heads: 2, keyWidth: 8, valueWidth: 8)
    var caches = [KeyValueCache(shape, precision: .fast), KeyValueCache(shape, precision: .fast)]
    for index in caches.indices {
      try caches[index].reserve(10)
      caches[index].advance(by: 10)
    }
    let profile = Profile()
    for _ in 0..<3 { try profile.record { try step(&caches) } }
    #expect(caches.map(\.length) == [13, 13])
    // Pages are the only thing here that comes from the kernels' allocator.
    #expect(profile.total.allocations == 0)
  }

  private func step(_ caches: inout [KeyValueCache]) throws {
    var moved: [KeyValueCache] = []
    swap(&moved, &caches)
    var pass = try ForwardPass(continuing: consume moved, lengths: [1, 1], phase: .decode)
    pass.finish()
    swap(&pass.caches, &caches)
  }
}
