"""Deltas of two and three Gaussians on Poisson samples at 60 digits, for src/pld/composed.test.ts.

delta_1 is the closed form of one step; delta_k(epsilon) = integral of M(x) delta_(k-1)(epsilon - L(x)) dx, M the mixture
(1 - q) N(0, z^2) + q N(1, z^2) and L its log ratio to N(0, z^2), by the trapezoidal rule after x = z t: the integrand is
smooth but at the one loss where delta_1 becomes 1 - e^epsilon, so the line is split there and each part is taken by
tanh-sinh quadrature. Needs mpmath; prints one line a case.
"""
from mpmath import mp, mpf, quad, exp, log, erfc, sqrt, pi, inf

mp.dps = 60


def phi(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def gaussian_delta(z, e):
    return phi(-e * z + 1 / (2 * z)) - exp(e) * phi(-e * z - 1 / (2 * z))


def one(q, z, e):
    if exp(e) <= 1 - q:
        return 1 - exp(e)
    return q * gaussian_delta(z, log(1 + (exp(e) - 1) / q))


def loss(q, z, x):
    return log(1 - q + q * exp((2 * x - 1) / (2 * z * z)))


def position(q, z, l):
    ratio = (exp(l) - 1 + q) / q
    return -inf if ratio <= 0 else z * z * log(ratio) + mpf(1) / 2


def density(q, z, x):
    normal = exp(-x * x / (2 * z * z)) / (z * sqrt(2 * pi))
    return normal * exp(loss(q, z, x))


def more(q, z, e, steps):
    if steps == 1:
        return one(q, z, e)
    ends = [-12 * z, 0, 1, 1 + 12 * z]
    # Where what is left needs no loss at all: e - L = (steps - 1) ln(1 - q).
    kink = position(q, z, e - (steps - 1) * log(1 - q))
    if -12 * z < kink < 1 + 12 * z:
        ends = sorted(ends + [kink])
    return quad(lambda x: density(q, z, x) * more(q, z, e - loss(q, z, x), steps - 1), ends)


for q, z, steps, epsilons, digits in [
    (0.1, 1.0, 2, [0.1, 1.0, 2.0], 60),
    (0.01, 0.7, 2, [0.1, 1.0], 60),
    (0.5, 2.0, 2, [0.1, 1.0], 60),
    (0.2, 1.0, 3, [0.5, 2.0], 16),
]:
    mp.dps = digits
    for e in epsilons:
        print([q, z, steps, e, float(more(mpf(q), mpf(z), mpf(e), steps))], flush=True)
