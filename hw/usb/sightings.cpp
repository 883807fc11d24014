// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/sightings.hpp"

#include "hw/usb/access.hpp"
#include "hw/usb/context.hpp"

namespace knead::hw {

Result<std::vector<UsbSighting>> look_for_balls(std::span<const BallModel> models) {
  const auto context = make_context();
  if (!context) return std::unexpected(context.error());
  const auto devices = list_devices(**context);
  if (!devices) return std::unexpected(devices.error());
  std::vector<UsbSighting> seen;
  for (const DevicePtr& device : *devices) {
    libusb_device_descriptor descriptor{};
    libusb_get_device_descriptor(device.get(), &descriptor);
    const BallModel* model = find_model(models, descriptor.idVendor, descriptor.idProduct);
    if (model == nullptr) continue;
    seen.push_back({.path = port_path(*device),
                    .node = device_node(*device),
                    .model = model->name,
                    .vendor = model->vendor,
                    .product = model->product,
                    .serial = read_serial(*device),
                    .access = check_access(*device)});
  }
  return seen;
}

}  // namespace knead::hw
