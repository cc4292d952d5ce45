import CAttend

/// The row kernels on rows that fit the second-level cache: ns per element and GB/s of reads and writes.
func benchmarkRows(_ kernels: UnsafePointer<at_kernels>, _ stopwatch: Stopwatch) {
  let rows = kernels.pointee.rows.pointee
  let width = 768
  let height = 32
  let count = width * height
  let x = Buffer.random(count: count, size: 4)
  let y = Buffer.random(count: count)
  let out = Buffer<Float>.random(count: count)
  let weight = Buffer.random(count: width)
  let half = Buffer<UInt16>(count: count)
  func report(_ name: String, streams: Int, elements: Int = count, _ body: () -> Void) {
    let seconds = stopwatch.seconds(body)
    let bandwidth = Double(streams * elements * 4) / seconds / 1e9
    print(label("  \(name)"), column(seconds / Double(elements) * 1e9, 3), "ns/element", column(bandwidth, 1), "GB/s")
  }

  print("rows, \(height) × \(width), level \(String(cString: kernels.pointee.name))")
  let unary: [(String, at_unary)] = [
    ("exp", AT_EXP), ("log", AT_LOG), ("tanh", AT_TANH), ("sigmoid", AT_SIGMOID), ("erf", AT_ERF), ("relu", AT_RELU),
    ("silu", AT_SILU), ("gelu_erf", AT_GELU_ERF), ("gelu_tanh", AT_GELU_TANH), ("sin", AT_SIN),
  ]
  for (name, operation) in unary {
    report(name, streams: 2) { rows.unary(operation, count, x.pointer, out.pointer) }
  }
  report("add", streams: 3) { rows.binary(AT_ADD, count, x.pointer, y.pointer, out.pointer) }
  report("scale_add", streams: 3) { rows.scale_add(count, x.pointer, 0.5, y.pointer, out.pointer) }
  report("silu(gate)·up", streams: 3) { rows.gated(AT_SILU, count, x.pointer, y.pointer, out.pointer) }
  report("sum", streams: 1) { _ = rows.reduce(AT_SUM, count, x.pointer) }
  report("max", streams: 1) { _ = rows.reduce(AT_MAX, count, x.pointer) }
  report("softmax", streams: 2) { rows.softmax(height, width, 1, x.pointer, width, out.pointer, width) }
  report("log_softmax", streams: 2) { rows.log_softmax(height, width, x.pointer, width, out.pointer, width) }
  report("layer_norm", streams: 2) {
    rows.layer_norm(height, width, 1e-5, x.pointer, width, weight.pointer, weight.pointer, out.pointer, width)
  }
  report("rms_norm", streams: 2) {
    rows.rms_norm(height, width, 1e-5, 0, x.pointer, width, weight.pointer, out.pointer, width)
  }
  let sum = Buffer<Float>(count: count)
  report("add_rms_norm", streams: 4) {
    rows.add_rms_norm(height, width, 1e-5, 0, x.pointer, y.pointer, weight.pointer, sum.pointer, out.pointer)
  }
  for (name, halves) in [("rotary, halves", true), ("rotary, neighbours", false)] {
    report(name, streams: 2) {
      rows.rotary(count / 64, 64, 64, halves, weight.pointer, weight.pointer + 32, x.pointer, 64, out.pointer, 64)
    }
  }
  report("to bfloat16", streams: 1) { rows.from_f32(AT_BF16, count, x.pointer, half.pointer) }
  report("to float16", streams: 1) { rows.from_f32(AT_F16, count, x.pointer, half.pointer) }
  report("from bfloat16", streams: 1) { rows.to_f32(AT_BF16, count, half.pointer, out.pointer) }
  report("from float16", streams: 1) { rows.to_f32(AT_F16, count, half.pointer, out.pointer) }
  benchmarkVocabulary(kernels, stopwatch)
  benchmarkCopies(stopwatch)
}

/// What sampling asks of a row of logits, in µs.
private func benchmarkVocabulary(_ kernels: UnsafePointer<at_kernels>, _ stopwatch: Stopwatch) {
  let rows = kernels.pointee.rows
  for count in [49_152, 262_144] {
    let logits = Buffer.random(count: count, size: 10)
    let indices = Buffer<UInt32>(count: count)
    print("  \(count) logits, µs")
    func report(_ name: String, _ body: () -> Void) {
      print(label("    \(name)"), column(stopwatch.seconds(body) * 1e6, 1), "µs")
    }
    report("argmax") { _ = rows!.pointee.argmax(count, logits.pointer) }
    report("count_not_finite") { _ = rows!.pointee.count_not_finite(count, logits.pointer) }
    report("top 40") { _ = at_top_k(rows, count, logits.pointer, 40, indices.pointer) }
    report("top 1000") { _ = at_top_k(rows, count, logits.pointer, 1000, indices.pointer) }
    report("softmax") { rows!.pointee.softmax(1, count, 1, logits.pointer, count, logits.pointer, count) }
  }
}

private func benchmarkCopies(_ stopwatch: Stopwatch) {
  let size = 768
  print("  copies of \(size) × \(size)")
  for bytes in [2, 4, 8] {
    let from = Buffer<UInt8>(count: size * size * bytes)
    let to = Buffer<UInt8>(count: size * size * bytes)
    for i in 0..<from.count { from.pointer[i] = UInt8(truncatingIfNeeded: i) }
    func report(_ name: String, shape: [Int], strides: [Int]) {
      let seconds = stopwatch.seconds {
        at_copy_strided(bytes, Int32(shape.count), shape, strides, from.pointer, to.pointer)
      }
      let bandwidth = Double(2 * from.count) / seconds / 1e9
      print(label("    \(name), \(bytes) bytes"), column(bandwidth, 1), "GB/s")
    }
    report("contiguous", shape: [size, size], strides: [size, 1])
    report("transpose", shape: [size, size], strides: [1, size])
    report("heads first", shape: [12, size, 64], strides: [64, size, 1])
  }
}
