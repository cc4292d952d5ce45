import CAttend

/// A weight matrix packed in one form, filled with random blocks.
private final class PackedMatrix {
  /// Where a block's half-precision numbers are; 0 for the others.
  private static let scalePlaces: [at_source.RawValue: [Int]] = [
    AT_SOURCE_Q4_1.rawValue: [0, 2], AT_SOURCE_Q5_1.rawValue: [0, 2], AT_SOURCE_Q2_K.rawValue: [80, 82],
    AT_SOURCE_Q3_K.rawValue: [108], AT_SOURCE_Q4_K.rawValue: [0, 2], AT_SOURCE_Q5_K.rawValue: [0, 2],
    AT_SOURCE_Q6_K.rawValue: [208],
  ]

  private(set) var packed: at_packed
  private let data: Buffer<UInt8>

  init?(_ kernels: UnsafePointer<at_kernels>, form: at_form, source: at_source, n: Int, k: Int) {
    let bytes = at_packed_bytes(kernels, form, false, n, k)
    let rowBytes = at_source_row_bytes(source, k)
    guard bytes > 0, rowBytes > 0 else { return nil }
    data = Buffer(count: bytes)
    packed = at_packed(kernels: kernels, form: form, gated: false, n: n, k: k, bytes: bytes, data: data.pointer)
    // One random row stands for all: what is measured does not depend on the numbers.
    let row = Buffer<UInt8>(count: rowBytes)
    let values = Buffer.random(count: k)
    if source == AT_SOURCE_F32 {
      row.pointer.withMemoryRebound(to: Float.self, capacity: k) { $0.update(from: values.pointer, count: k) }
    } else {
      for i in 0..<rowBytes { row.pointer[i] = UInt8(truncatingIfNeeded: i &* 37) }
      // Scales of 2⁻⁸ in half precision; an exponent as large stands first in MXFP4.
      let block = at_source_block_bytes(source)
      for start in stride(from: 0, to: rowBytes, by: block) {
        for offset in Self.scalePlaces[source.rawValue] ?? [0] {
          row.pointer[start + offset] = source == AT_SOURCE_MXFP4 ? 120 : 0
          row.pointer[start + offset + 1] = 0x1c
        }
      }
    }
    let rows = [UnsafeRawPointer?](repeating: UnsafeRawPointer(row.pointer), count: n)
    at_pack(&packed, source, rows)
  }
}

/// Products on the shapes that models have: µs, GFLOP/s, share of the measured peak, weight bytes per second.
func benchmarkProducts(_ kernels: UnsafePointer<at_kernels>, _ stopwatch: Stopwatch, _ machine: Machine) {
  let forms: [(String, at_form, at_source)] = [
    ("f32", AT_FORM_F32, AT_SOURCE_F32), ("bf16", AT_FORM_BF16, AT_SOURCE_F32), ("Q4_0", AT_FORM_Q4_0, AT_SOURCE_Q4_0),
    ("Q4_1", AT_FORM_Q4_1, AT_SOURCE_Q4_1), ("Q8_0", AT_FORM_Q8_0, AT_SOURCE_Q8_0),
    ("Q5_0", AT_FORM_Q5_0, AT_SOURCE_Q5_0), ("IQ4_NL", AT_FORM_IQ4_NL, AT_SOURCE_IQ4_NL),
    ("MXFP4", AT_FORM_MXFP4, AT_SOURCE_MXFP4), ("Q2_K", AT_FORM_Q2_K, AT_SOURCE_Q2_K),
    ("Q3_K", AT_FORM_Q3_K, AT_SOURCE_Q3_K), ("Q4_K", AT_FORM_Q4_K, AT_SOURCE_Q4_K),
    ("Q6_K", AT_FORM_Q6_K, AT_SOURCE_Q6_K), ("IQ4_XS", AT_FORM_IQ4_XS, AT_SOURCE_IQ4_XS),
  ]
  let shapes = [
    (1, 576, 1536), (1, 576, 49_152), (1, 2048, 8192), (4, 576, 1536), (16, 576, 1536), (128, 576, 1536),
    (512, 768, 3072),
    (2048, 2048, 2048),
  ]
  let peak = machine.gigaflops * Double(at_threads())
  print(
    "products M × K × N, \(at_threads()) threads, share of \(at_threads()) × \(Int(machine.gigaflops)) GFLOP/s float32")
  for (m, k, n) in shapes {
    let a = Buffer.random(count: m * k)
    let out = Buffer<Float>(count: m * n)
    for (name, form, source) in forms {
      guard let matrix = PackedMatrix(kernels, form: form, source: source, n: n, k: k) else { continue }
      var packed = matrix.packed
      // Up to 16 rows are sequences that decode together.
      let phase = m <= 16 ? AT_DECODE : AT_PROMPT
      let seconds = stopwatch.seconds { at_product(&packed, m, a.pointer, k, out.pointer, n, nil, phase) }
      let gigaflops = 2 * Double(m) * Double(k) * Double(n) / seconds / 1e9
      print(
        label("  \(m)×\(k)×\(n) \(name)", width: 26), column(seconds * 1e6, 1), "µs", column(gigaflops, 1), "GFLOP/s",
        column(gigaflops / peak * 100, 0, width: 5), "%", column(Double(packed.bytes) / seconds / 1e9, 1), "GB/s")
    }
  }
  for (m, k, n) in [(512, 768, 3072), (1024, 1024, 1024)] {
    let a = Buffer.random(count: m * k)
    let b = Buffer.random(count: k * n)
    let out = Buffer<Float>(count: m * n)
    let seconds = stopwatch.seconds {
      at_matmul_f32(kernels, m, n, k, a.pointer, k, 1, b.pointer, n, 1, out.pointer, n, false)
    }
    let gigaflops = 2 * Double(m) * Double(k) * Double(n) / seconds / 1e9
    print(
      label("  \(m)×\(k)×\(n) unpacked f32", width: 26), column(seconds * 1e6, 1), "µs", column(gigaflops, 1),
      "GFLOP/s",
      column(gigaflops / peak * 100, 0, width: 5), "%")
  }
}
