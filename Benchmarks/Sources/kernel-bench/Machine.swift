import CAttend
import CPeak

/// The peaks of one core, measured.
struct Machine {
  /// Multiplying and adding float32 in registers, in GFLOP/s.
  let gigaflops: Double
  /// Reading 256 MiB once, in GB/s.
  let bandwidth: Double

  init(_ kernels: UnsafePointer<at_kernels>, _ stopwatch: Stopwatch) {
    let vector: Int32 = kernels.pointee.isa.rawValue >= AT_ISA_AVX512.rawValue ? 2 : 1
    let rounds = 100_000
    let operations = peak_f32(vector, 1) * Double(rounds)
    gigaflops = operations / stopwatch.seconds { _ = peak_f32(vector, rounds) } / 1e9
    let bytes = Buffer<UInt8>(count: 256 << 20)
    for i in stride(from: 0, to: bytes.count, by: 4096) { bytes.pointer[i] = 1 }
    let sum = Buffer<UInt>(count: 1)
    bandwidth = Double(bytes.count) / stopwatch.seconds { sum.pointer[0] = peak_read(bytes.pointer, bytes.count) } / 1e9
  }
}
