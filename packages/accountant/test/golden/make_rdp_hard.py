"""Writes rdp_hard.json: RDP of one Poisson-subsampled Gaussian step where series and plain sums lose their digits.

    pip install mpmath==1.4.1 && python make_rdp_hard.py

The moment E[((1 - q) + q e^y)^alpha] is integrated as it stands, at 70 digits, piece by piece (Gauss-Legendre).
"""

import json
import pathlib

from mpmath import exp, linspace, log, mp, mpf, pi, quad, sqrt

mp.dps = 70

NOISE = [0.041, 0.1, 0.3, 1.0, 5.0, 1000.0]
PROBABILITY = [1e-8, 1e-3, 0.3, 0.99]
ORDERS = [1.001, 1.1, 2.0, 2.5, 10.9, 63.5]
VERY_LITTLE_NOISE = [(0.039, 1e-6, 1.1), (0.039, 0.5, 1.001), (0.01, 1e-4, 2.5), (0.03, 0.01, 64.0)]


def rdp(q, z, order):
    q, z, order = mpf(q), mpf(z), mpf(order)

    def integrand(t):
        y = (t - 1 / (2 * z)) / z
        return exp(-t * t / 2 + order * log(1 - q + q * exp(y))) / sqrt(2 * pi)

    end = max(mpf(2), order) / z + 19
    kink = z * log((1 - q) / q) + 1 / (2 * z)
    points = set(linspace(mpf(-19), end, int(end + 19) + 1))
    points |= {kink + z * pi * k / 2 for k in range(-12, 13)}
    points = sorted(p for p in points if -19 <= p <= end)
    # Pieces where nothing is left of the integrand's peak are skipped.
    peak = max(integrand(p) for p in points)
    pieces = [
        (a, b)
        for a, b in zip(points, points[1:])
        if max(integrand(a), integrand((a + b) / 2), integrand(b)) > peak * mpf(10) ** -80
    ]
    return log(sum(quad(integrand, piece, method="gauss-legendre") for piece in pieces)) / (order - 1)


points = [(z, q, order) for z in NOISE for q in PROBABILITY for order in ORDERS] + VERY_LITTLE_NOISE
vectors = [
    {"noiseMultiplier": z, "samplingProbability": q, "order": order, "rdp": float(rdp(q, z, order))}
    for z, q, order in points
]
path = pathlib.Path(__file__).with_name("rdp_hard.json")
path.write_text(json.dumps({"source": "mpmath 1.4.1, make_rdp_hard.py", "vectors": vectors}, indent=1) + "\n")
