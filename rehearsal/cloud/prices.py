"""Prices of the emulated cloud: on-demand by the Pricing API, spot by EC2.

Believable, not AWS's own. On-demand are those of us-east-1 as of 2026-07-20
(aws/karpenter-provider-aws, generated from AWS's price list), the same in every region. Spot is a
share of them that differs from zone to zone, so that a reader who mixes up zones is found out.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from . import moto_settings  # noqa: F401  (before moto)

from moto.core.responses import ActionResult  # noqa: E402
from moto.ec2.responses.spot_instances import SpotInstances  # noqa: E402

from .clock import Clock
from .errors import AwsError

USD_PER_HOUR: Dict[str, float] = {
    "g4dn.xlarge": 0.526,
    "g4dn.2xlarge": 0.752,
    "g4dn.4xlarge": 1.204,
    "g4dn.8xlarge": 2.176,
    "g4dn.12xlarge": 3.912,
    "g4dn.16xlarge": 4.352,
    "g5.xlarge": 1.006,
    "g5.2xlarge": 1.212,
    "g5.4xlarge": 1.624,
    "g5.8xlarge": 2.448,
    "g5.12xlarge": 5.672,
    "g5.16xlarge": 4.096,
    "g5.24xlarge": 8.144,
    "g5.48xlarge": 16.288,
    "g6.xlarge": 0.8048,
    "g6.2xlarge": 0.9776,
    "g6.4xlarge": 1.3232,
    "g6.8xlarge": 2.0144,
    "g6.12xlarge": 4.6016,
    "g6.16xlarge": 3.3968,
    "g6.24xlarge": 6.6752,
    "g6.48xlarge": 13.3504,
    "g6e.xlarge": 1.861,
    "g6e.2xlarge": 2.24208,
    "g6e.4xlarge": 3.00424,
    "g6e.8xlarge": 4.52856,
    "g6e.12xlarge": 10.49264,
    "g6e.16xlarge": 7.57719,
    "g6e.24xlarge": 15.06559,
    "g6e.48xlarge": 30.13118,
    "g7.2xlarge": 2.52,
    "g7.4xlarge": 3.04208,
    "g7.8xlarge": 4.08624,
    "g7.12xlarge": 7.12832,
    "g7.24xlarge": 14.25664,
    "g7.48xlarge": 28.51328,
    "g7e.2xlarge": 3.36312,
    "g7e.4xlarge": 3.99816,
    "g7e.8xlarge": 5.26824,
    "g7e.12xlarge": 8.28608,
    "g7e.24xlarge": 16.57216,
    "g7e.48xlarge": 33.14432,
    "gr6.4xlarge": 1.5392,
    "gr6.8xlarge": 2.4464,
    "p4d.24xlarge": 21.957642,
    "p4de.24xlarge": 27.44705,
    "p5.4xlarge": 6.88,
    "p5.48xlarge": 55.04,
    "p5en.48xlarge": 63.296,
    "p6-b200.48xlarge": 113.9328,
    "p6-b300.48xlarge": 142.416,
}

SPOT_SHARE = 0.4
# Zone b costs 3 % more than zone a, c 3 % more than b, and so on.
SPOT_STEP = 0.03
# All that a caller may ask a price by: what is not asked for would be more than one price.
PRICE_FILTERS = {
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "tenancy": "Shared",
    "capacitystatus": "Used",
}


def spot_price(instance_type: str, zone: str) -> Optional[str]:
    """USD per hour as EC2 writes it; None for a type without a price."""
    on_demand = USD_PER_HOUR.get(instance_type)
    if on_demand is None:
        return None
    step = ord(zone[-1]) - ord("a")
    return f"{on_demand * SPOT_SHARE * (1 + SPOT_STEP * step):.6f}"


def answer(action: str, params: Dict[str, Any]) -> Dict[str, Any]:
    """Answers the Pricing API, which moto does not know: GetProducts for EC2 machines."""
    if action != "GetProducts":
        raise AwsError("UnknownOperationException", f"the rehearsal does not know {action}")
    if params["ServiceCode"] != "AmazonEC2":
        raise AwsError("NotFoundException", f"no prices of {params['ServiceCode']} here")
    asked = {one["Field"]: one["Value"] for one in params.get("Filters") or []}
    instance_type = asked.pop("instanceType", "")
    region = asked.pop("regionCode", "")
    if asked != PRICE_FILTERS or not region:
        raise AwsError(
            "InvalidParameterException",
            f"the rehearsal prices one machine by instanceType, regionCode and {PRICE_FILTERS}",
        )
    usd = USD_PER_HOUR.get(instance_type)
    products: List[str] = [] if usd is None else [json.dumps(_product(instance_type, region, usd))]
    return {"FormatVersion": "aws_v1", "PriceList": products}


def _product(instance_type: str, region: str, usd: float) -> Dict[str, Any]:
    """As in AWS's price list; the codes there are made up, and so are these."""
    sku, offer = f"EMULATED{instance_type}", "JRTCKXETXF"
    return {
        "serviceCode": "AmazonEC2",
        "version": "emulated",
        "product": {
            "productFamily": "Compute Instance",
            "sku": sku,
            "attributes": {"instanceType": instance_type, "regionCode": region, **PRICE_FILTERS},
        },
        "terms": {
            "OnDemand": {
                f"{sku}.{offer}": {
                    "sku": sku,
                    "priceDimensions": {
                        f"{sku}.{offer}.6YS6EN2CT7": {
                            "unit": "Hrs",
                            "description": f"{usd} USD per hour, emulated",
                            "pricePerUnit": {"USD": f"{usd:.10f}"},
                        }
                    },
                }
            }
        },
    }


def install_spot_prices(clock: Clock) -> None:
    """moto's spot price is the same for every machine, and of the year 2006."""
    moto_describe = SpotInstances.describe_spot_price_history

    def describe_spot_price_history(self: SpotInstances) -> ActionResult:
        result = moto_describe(self)
        history: Any = result.result
        priced = []
        for row in history["SpotPriceHistory"]:
            price = spot_price(row["InstanceType"], row["AvailabilityZone"])
            if price is not None:
                row.update(
                    ProductDescription="Linux/UNIX",
                    SpotPrice=price,
                    Timestamp=clock.utcnow(),
                )
                priced.append(row)
        history["SpotPriceHistory"] = priced
        return result

    SpotInstances.describe_spot_price_history = describe_spot_price_history  # type: ignore
