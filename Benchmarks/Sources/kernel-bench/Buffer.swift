import CAttend

/// Memory of the kernels' own allocator, freed with the value. For one thread.
final class Buffer<Element: BitwiseCopyable> {
  let pointer: UnsafeMutablePointer<Element>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = at_alloc(count * MemoryLayout<Element>.stride)!.bindMemory(to: Element.self, capacity: count)
  }

  deinit { at_free(pointer, count * MemoryLayout<Element>.stride) }
}

extension Buffer<Float> {
  /// Numbers between −`size` and `size`.
  static func random(count: Int, size: Float = 1) -> Buffer<Float> {
    let buffer = Buffer<Float>(count: count)
    var state: UInt64 = 1
    for i in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      buffer.pointer[i] = (Float(state >> 40) / Float(1 << 23) - 1) * size
    }
    return buffer
  }
}
